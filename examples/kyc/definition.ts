import { z } from 'zod';
import type { ProcessDefinition } from '../../worker/index.js';
import { customerIdOf, KYC_REVIEW, kycStepKey, kycTaskKey } from './contract.js';

export const kycProcess: ProcessDefinition = {
  name: KYC_REVIEW,
  answers: {
    documents: z.object({}),
    review: z.object({
      decision: z.enum(['clear', 'rework', 'block'], 'Choose a decision: clear, rework or block.'),
      missing: z.string('What is missing has to be text.').nullish(),
      note: z.string('The note has to be text.').nullish(),
    }),
  },
  taskKey: (workflowId) => {
    const customerId = customerIdOf(workflowId);
    return customerId && kycTaskKey(customerId);
  },
  searchAttributes: [kycStepKey],
};
