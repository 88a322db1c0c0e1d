import { z } from 'zod';
import type { ProcessDefinition } from '../../worker/index.js';
import { createBankActivities } from './bank.js';
import { orderIdOf, REFUND, refundStepKey, refundTaskKey } from './contract.js';

/** What people fill in, step by step. The messages are for them: they become comments on the task. */
const answers = {
  request: z.object({ amount: z.coerce.number('The amount has to be a number.').int('The amount is in cents.') }),
  approve: z.object({
    decision: z.enum(['approve', 'reject'], 'Choose a decision: approve or reject.'),
    note: z.string().max(2_000, 'The note is too long.').optional(),
  }),
  pay_back: z.object({ reference: z.string('The reference has to be text.').optional() }),
};

export const refundProcess = (bank: { url: string; token: string }): ProcessDefinition => ({
  name: REFUND,
  answers,
  taskKey: (workflowId) => {
    const orderId = orderIdOf(workflowId);
    return orderId && refundTaskKey(orderId);
  },
  activities: createBankActivities(bank),
  searchAttributes: [refundStepKey],
});
