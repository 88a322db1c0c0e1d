import type { TaskKeys } from '../activities/index.js';
import { CLAIM_WORKFLOW, claimIdOf, claimTaskKey } from '../workflows/claim/contract.js';
import { LIFECYCLES, taskKey } from '../workflows/tasks/contract.js';

/**
 * The processes that hold tasks, by the name in their tasks' `process` field. Onboarding is not among them: it forgets its
 * task, which stays open after its process has ended.
 */
export const taskKeys: TaskKeys = (process, workflowId, step, round) => {
  if (process !== CLAIM_WORKFLOW) return undefined;
  const claimId = claimIdOf(workflowId);
  if (!claimId) return [];
  return LIFECYCLES.map((lifecycle) => taskKey(claimTaskKey(claimId), lifecycle, step, round));
};
