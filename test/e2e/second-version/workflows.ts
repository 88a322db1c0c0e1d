/** The next version: whatever the amount, a second pair of eyes approves. Claims of the version before cannot replay on it. */
import { claim as before } from '../../../workflows/claim/workflow.js';
import type { ClaimInput, ClaimResult } from '../../../workflows/claim/contract.js';

export { gatewayLease, onboarding, reconcile, taskFeed } from '../../../workflows/index.js';

export function claim(input: ClaimInput): Promise<ClaimResult> {
  return before({ ...input, policy: { ...input.policy, approvalFrom: 0 } });
}
