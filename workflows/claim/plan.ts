import type { Claim, ClaimPolicy, ClaimStep } from './contract.js';
import { formatMoney } from './money.js';

type Amount = Pick<Claim, 'total'>;

const TITLES: Record<ClaimStep, string> = {
  data_entry: 'Enter the data of',
  review: 'Review',
  approval: 'Approve',
  payment: 'Pay',
};

/** The steps of a claim that nobody sends back, in order. */
export function straightPath({ total }: Amount, policy: Pick<ClaimPolicy, 'approvalFrom'>): ClaimStep[] {
  const needsApproval = total.amount >= policy.approvalFrom;
  return ['data_entry', 'review', ...(needsApproval ? (['approval'] as const) : []), 'payment'];
}

/** What the people who get the task read first. */
export function taskTitle(step: ClaimStep, { id, total }: Pick<Claim, 'id'> & Amount, round: number): string {
  return `${TITLES[step]} claim ${id} (${formatMoney(total)})${round > 1 ? `, round ${round}` : ''}`;
}
