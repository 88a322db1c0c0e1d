import { patched, sleep } from '@temporalio/workflow';
import { claim as compatible } from '../../workflows/claim/workflow.js';
import type { ClaimInput, ClaimResult } from '../../workflows/claim/contract.js';

/** The same timer, for those alone who have not come past this place (docs/upgrade.md). */
export async function claim(input: ClaimInput): Promise<ClaimResult> {
  if (patched('a-second-later')) await sleep('1 second');
  return compatible(input);
}
