import { WorkflowFailedError, type Client } from '@temporalio/client';
import { rootCause } from '@temporalio/common';
import {
  ONBOARDING_WORKFLOW,
  onboardingWorkflowId,
  type Onboarding,
  type OnboardingResult,
  type OneTask,
} from '../workflows/onboarding/contract.js';
import { onboardingSchema } from '../workflows/onboarding/schema.js';
import { OnboardingConflictError, OnboardingFailedError } from './errors.js';
import { parseInput } from './input.js';
import { outlast } from './outlast.js';
import { startOnce } from './start-once.js';

/** Create and forget: Fragment tasks are made, durably and once, and belong to Fragment from then on. */
export class Onboardings {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** @throws InputError, OnboardingConflictError where the user id was started with other content. */
  async start(onboarding: Onboarding): Promise<{ workflowId: string; started: boolean }> {
    const content = parseInput(onboardingSchema(onboarding), onboarding);
    const workflowId = onboardingWorkflowId(content.userId);
    const outcome = await startOnce(this.#client, {
      type: ONBOARDING_WORKFLOW,
      workflowId,
      input: content,
      content,
      memo: content.account ? { account: content.account } : {},
      summary: `Onboarding ${content.userId}`,
      details: 'tasks' in content ? `Creates ${content.tasks.length} Fragment tasks and ends.` : oneTask(content),
    });
    if (outcome === 'different') throw new OnboardingConflictError(content.userId);
    return { workflowId, started: outcome === 'started' };
  }

  /**
   * Waits until the tasks are made, and through times in which Temporal cannot be reached.
   * @throws OnboardingFailedError where Fragment took none of them.
   */
  async result(userId: string): Promise<OnboardingResult> {
    try {
      const handle = this.#client.workflow.getHandle(onboardingWorkflowId(userId));
      return (await outlast(this.#client, () => handle.result())) as OnboardingResult;
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error;
      throw new OnboardingFailedError(userId, rootCause(error.cause) ?? error.message, { cause: error });
    }
  }
}

const oneTask = ({ title }: OneTask): string => title ?? 'Creates one Fragment task and ends.';
