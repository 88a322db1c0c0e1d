import { createPaymentActivities } from '../activities/index.js';
import {
  CLAIM_WORKFLOW,
  claimAmountKey,
  claimIdOf,
  claimOutcomeKey,
  claimStepKey,
  claimTaskKey,
} from '../workflows/claim/contract.js';
import { answerSchemas } from '../workflows/claim/schema.js';
import { ONBOARDING_WORKFLOW } from '../workflows/onboarding/contract.js';
import type { ProcessDefinition } from './process-definition.js';

/** Without a payment provider, a claim's payment is a step that a person does. */
export const claimProcess = (provider?: { url: string; token?: string }): ProcessDefinition => ({
  name: CLAIM_WORKFLOW,
  answers: answerSchemas,
  taskKey: (workflowId) => {
    const claimId = claimIdOf(workflowId);
    return claimId === undefined || claimId === '' ? undefined : claimTaskKey(claimId);
  },
  activities: createPaymentActivities(provider),
  searchAttributes: [claimStepKey, claimOutcomeKey, claimAmountKey],
});

/** It forgets its tasks, which stay open after it has ended: so it has no `taskKey`. */
export const onboardingProcess: ProcessDefinition = { name: ONBOARDING_WORKFLOW };
