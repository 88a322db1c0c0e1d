import type { Client } from '@temporalio/client';
import { ONBOARDING_WORKFLOW, onboardingWorkflowId, type Onboarding } from '../workflows/onboarding/contract.js';
import { onboardingSchema } from '../workflows/onboarding/schema.js';
import { OnboardingConflictError } from './errors.js';
import { parseInput } from './input.js';
import { startOnce } from './start-once.js';

/** Create and forget: a Fragment task is made, durably and once, and belongs to Fragment from then on. */
export class Onboardings {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** @throws InputError, OnboardingConflictError where the user id was started with other content. */
  async start(onboarding: Onboarding): Promise<{ workflowId: string; started: boolean }> {
    const content = parseInput(onboardingSchema, onboarding);
    const workflowId = onboardingWorkflowId(content.userId);
    const outcome = await startOnce(this.#client, {
      type: ONBOARDING_WORKFLOW,
      workflowId,
      input: content,
      content,
      summary: `Onboarding ${content.userId}`,
      details: content.title ?? 'Creates one Fragment task and ends.',
    });
    if (outcome === 'different') throw new OnboardingConflictError(content.userId);
    return { workflowId, started: outcome === 'started' };
  }
}
