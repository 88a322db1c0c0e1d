import type { Person } from '../tasks/step.js';
import type { ClaimPolicy } from './contract.js';

type Policy = Pick<ClaimPolicy, 'fourEyes'>;

const NAME = 'It has to be known who decides: assign the task to yourself first, or name the person (by).';
const OTHER = 'The approval has to be made by another person than the review.';
const SAME_TERMS =
  'It cannot be told whether the approval is made by another person than the review: name the person as the review does';

/** A strict policy takes no decision of somebody unknown. */
export function needsPerson({ fourEyes }: Policy, { by }: Person): string | undefined {
  return fourEyes === 'strict' && !by ? NAME : undefined;
}

/** The approver is not the reviewer. Who cannot be told apart passes, unless the policy is strict. */
export function otherPerson(policy: Policy, reviewer: Person, approver: Person): string | undefined {
  if (isSame(reviewer, approver)) return OTHER;
  if (policy.fourEyes !== 'strict' || verifiable(reviewer, approver)) return undefined;
  return approver.by ? `${SAME_TERMS}${reviewer.emailDigest ? ', or by e-mail.' : '.'}` : NAME;
}

/** Two people can be told apart where both are known in the same terms: by e-mail, by Fragment's id, or by a name. */
export function verifiable(a: Person, b: Person): boolean {
  if (!a.by || !b.by) return false;
  return isSame(a, b) || terms(a).some((term) => terms(b).includes(term));
}

function terms({ by = '', emailDigest }: Person): string[] {
  const id = FRAGMENT_ID.test(by.trim()) ? ['id'] : [];
  return emailDigest ? ['email', ...id] : id.length > 0 ? id : ['name'];
}

function isSame(a: Person, b: Person): boolean {
  if (a.emailDigest && a.emailDigest === b.emailDigest) return true;
  return a.by !== undefined && a.by.trim().toLowerCase() === b.by?.trim().toLowerCase();
}

const FRAGMENT_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
