import type { Client, WorkflowHandle } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import {
  CLAIM_WORKFLOW,
  claimIdOf,
  claimOutcomeKey,
  claimStepKey,
  claimWorkflowId,
  DEFAULT_POLICY,
  type Claim,
  type ClaimInput,
  type ClaimPolicy,
  type ClaimResult,
  type ClaimState,
} from '../workflows/claim/contract.js';
import { formatMoney } from '../workflows/claim/money.js';
import {
  accountSchema,
  claimSchema,
  completeStepSchema,
  operatorVerbSchema,
  policySchema,
  retrySchema,
} from '../workflows/claim/schema.js';
import {
  completeStepUpdate,
  LIFECYCLES,
  needsAttentionKey,
  retryStepUpdate,
  skipStepUpdate,
  stateQuery,
  withdrawUpdate,
  type CompleteStep,
  type Lifecycle,
  type OperatorVerb,
  type ProcessState,
} from '../workflows/tasks/contract.js';
import { explain } from './claim-failures.js';
import { ClaimConflictError, InputError } from './errors.js';
import { parseInput } from './input.js';
import { startOnce } from './start-once.js';

export interface StartClaim {
  lifecycle?: Lifecycle;
  policy?: Partial<ClaimPolicy>;
  /** The Fragment account that gets the tasks, by its name in FRAGMENT_ACCOUNTS; absent: the default one. */
  account?: string;
}

export interface StartedClaim {
  workflowId: string;
  /** False where the same claim was started before: that process stands. */
  started: boolean;
}

export interface ListedClaim {
  claimId: string;
  workflowId: string;
  status: string;
  step?: string;
  outcome?: string;
  needsAttention: boolean;
  startTime: Date;
}

/** How long an Update or a query may take. Without it a call would wait for ever where no worker runs. */
const ANSWER_SECONDS = 15;

/** Claims as durable processes: start them, read them, steer them. */
export class Claims {
  readonly #client: Client;
  readonly #policy: ClaimPolicy;

  constructor(client: Client, options: { policy?: Partial<ClaimPolicy> } = {}) {
    this.#client = client;
    this.#policy = parseInput(policySchema, { ...DEFAULT_POLICY, ...options.policy });
  }

  /**
   * Starts the claim's process, once: the same claim again is the process that stands, whatever its lifecycle or policy.
   * @throws InputError, ClaimConflictError where the id belongs to other content.
   */
  async start(claim: Claim, { lifecycle = 'task-per-step', policy, account }: StartClaim = {}): Promise<StartedClaim> {
    if (!LIFECYCLES.includes(lifecycle)) throw new InputError([`lifecycle: must be one of ${LIFECYCLES.join(', ')}`]);
    const content = parseInput(claimSchema, claim);
    const input: ClaimInput = {
      claim: content,
      lifecycle,
      policy: policy ? parseInput(policySchema, { ...this.#policy, ...policy }) : this.#policy,
      ...(account ? { account: parseInput(accountSchema, account) } : {}),
    };
    const workflowId = claimWorkflowId(content.id);
    const outcome = await startOnce(this.#client, {
      type: CLAIM_WORKFLOW,
      workflowId,
      input,
      content,
      // The change feed of each account looks for its own processes by it.
      memo: { lifecycle, ...(account ? { account } : {}) },
      summary: `Claim ${content.id} · ${formatMoney(content.total)}`,
      details: [content.type, content.priority, content.created, lifecycle].filter(Boolean).join(' · '),
    });
    if (outcome === 'different') throw new ClaimConflictError(content.id);
    return { workflowId, started: outcome === 'started' };
  }

  /** Completes the current step for a person; the first completion decides. */
  complete(claimId: string, answer: CompleteStep): Promise<ClaimState> {
    return this.#steer(claimId, completeStepUpdate, () => parseInput(completeStepSchema, answer));
  }

  /** Ends the claim from outside; everything it has open or reserved is undone. */
  withdraw(claimId: string, verb: OperatorVerb): Promise<ClaimState> {
    return this.#steer(claimId, withdrawUpdate, () => parseInput(operatorVerbSchema, verb));
  }

  /** Tries a parked step again. */
  retry(claimId: string, verb: Partial<OperatorVerb> = {}): Promise<ClaimState> {
    return this.#steer(claimId, retryStepUpdate, () => parseInput(retrySchema, verb));
  }

  /** Goes on without a parked step. */
  skip(claimId: string, verb: OperatorVerb): Promise<ClaimState> {
    return this.#steer(claimId, skipStepUpdate, () => parseInput(operatorVerbSchema, verb));
  }

  /** Where the claim stands, and how it got there. Answered for an ended one too. */
  async state(claimId: string): Promise<ClaimState> {
    return this.#asking(claimId, async (handle) => this.#named(claimId, handle, await handle.query(stateQuery)));
  }

  /** Waits for the claim's end, however long that takes. */
  async result(claimId: string): Promise<ClaimResult> {
    try {
      return (await this.#handle(claimId).result()) as ClaimResult;
    } catch (error) {
      throw await explain(this.#client, claimId, error, ANSWER_SECONDS);
    }
  }

  /** The newest first, as far as visibility knows: it trails the processes by a moment. */
  async list({ limit = 100 }: { limit?: number } = {}): Promise<ListedClaim[]> {
    const claims: ListedClaim[] = [];
    if (limit < 1) return claims;
    const query = `WorkflowType = '${CLAIM_WORKFLOW}'`;
    for await (const { workflowId, status, startTime, typedSearchAttributes } of this.#client.workflow.list({
      query,
    })) {
      claims.push({
        claimId: claimIdOf(workflowId) ?? workflowId,
        workflowId,
        status: status.name,
        step: typedSearchAttributes.get(claimStepKey),
        outcome: typedSearchAttributes.get(claimOutcomeKey),
        needsAttention: typedSearchAttributes.get(needsAttentionKey) ?? false,
        startTime,
      });
      if (claims.length >= limit) break;
    }
    return claims;
  }

  async #steer<T>(
    claimId: string,
    update: UpdateDefinition<ProcessState, [T]>,
    argument: () => T,
  ): Promise<ClaimState> {
    const args: [T] = [argument()];
    return this.#asking(claimId, async (handle) => {
      return this.#named(claimId, handle, await handle.executeUpdate<ProcessState, [T]>(update, { args }));
    });
  }

  async #asking<T>(claimId: string, ask: (handle: WorkflowHandle) => Promise<T>): Promise<T> {
    try {
      return await this.#client.withDeadline(Date.now() + ANSWER_SECONDS * 1_000, () => ask(this.#handle(claimId)));
    } catch (error) {
      throw await explain(this.#client, claimId, error, ANSWER_SECONDS);
    }
  }

  async #named(claimId: string, handle: WorkflowHandle, state: ProcessState): Promise<ClaimState> {
    const { memo } = await handle.describe();
    return { claimId, lifecycle: memo?.lifecycle as Lifecycle, ...state };
  }

  #handle(claimId: string): WorkflowHandle {
    return this.#client.workflow.getHandle(claimWorkflowId(claimId));
  }
}
