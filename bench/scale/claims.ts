import type { TeamOptions } from '../../sandbox/team.js';
import type { Claim } from '../../workflows/claim/contract.js';

const PREFIX = 'scale-';
const OVER_THE_THRESHOLD = 80_000;
const UNDER_IT = 10_000;

/** Of ten claims one needs approval as well and one is rejected, by their numbers alone: how each has to end is known before. */
export function claimOf(n: number): Claim {
  return { id: `${PREFIX}${n}`, total: { amount: n % 10 === 1 ? OVER_THE_THRESHOLD : UNDER_IT, currency: 'USD' } };
}

export const outcomeOf = (claimId: string): 'paid' | 'rejected' =>
  Number(claimId.slice(PREFIX.length)) % 10 === 0 ? 'rejected' : 'paid';

/** Does everything at once, so that what comes after it waits for nobody. */
export const AT_ONCE: TeamOptions = {
  thinkMs: [0, 1],
  decide: ({ fields: { step, claim_id: claimId } }) => {
    if (step === 'review') return { decision: outcomeOf(String(claimId)) === 'paid' ? 'approve' : 'reject' };
    return step === 'approval' ? { decision: 'approve' } : {};
  },
};
