import { sleep } from '@temporalio/workflow';
import { claim as compatible } from '../../workflows/claim/workflow.js';
import type { ClaimInput, ClaimResult } from '../../workflows/claim/contract.js';

/** The claim with a timer that recorded claims know nothing of. */
export async function claim(input: ClaimInput): Promise<ClaimResult> {
  await sleep('1 second');
  return compatible(input);
}
