import type { Client, WorkflowHandle } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import {
  CLAIM_WORKFLOW,
  claimAmountKey,
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
  changeDueSchema,
  claimSchema,
  completeStepSchema,
  operatorVerbSchema,
  policySchema,
  reassignSchema,
  requestIdSchema,
  retrySchema,
} from '../workflows/claim/schema.js';
import {
  changeDueUpdate,
  completeStepUpdate,
  LIFECYCLES,
  needsAttentionKey,
  pauseUpdate,
  reassignUpdate,
  resumeUpdate,
  retryStepUpdate,
  skipStepUpdate,
  stateQuery,
  withdrawUpdate,
  type ChangeDue,
  type CompleteStep,
  type Lifecycle,
  type OperatorVerb,
  type ProcessState,
  type Reassign,
} from '../workflows/tasks/contract.js';
import { explain } from './claim-failures.js';
import { emailDigest } from './digest.js';
import { ClaimConflictError, InputError } from './errors.js';
import { executeUpdate } from './execute-update.js';
import { ANSWER_SECONDS, eachInTime, inTime } from './in-time.js';
import { parseInput } from './input.js';
import { outlast } from './outlast.js';
import { startOnce } from './start-once.js';

export interface StartClaim {
  lifecycle?: Lifecycle;
  policy?: Partial<ClaimPolicy>;
  /** The Fragment account that gets the tasks, by its name in FRAGMENT_ACCOUNTS; absent: the default one. */
  account?: string;
}

export interface Steering {
  /** Names this very request: sent again with the same id, it is answered as the first was and does nothing more. */
  requestId?: string;
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

/** Claims as durable processes: start them, read them, steer them. */
export class Claims {
  readonly #client: Client;
  readonly #policy: ClaimPolicy;
  readonly #channel?: string;

  /** `channel` is how the audit trail names this way of steering, where the verb itself names none. */
  constructor(client: Client, options: { policy?: Partial<ClaimPolicy>; channel?: string } = {}) {
    this.#client = client;
    this.#channel = options.channel;
    this.#policy = parseInput(policySchema, { ...DEFAULT_POLICY, ...options.policy });
  }

  /**
   * Starts the claim's process, once: the same claim again is the process that stands, whatever its lifecycle or policy. So
   * a start that failed, or was not answered within 15 s, may be repeated.
   * @throws InputError, ClaimConflictError where the id belongs to other content, or to another Fragment account.
   */
  async start(claim: Claim, { lifecycle = 'task-per-step', policy, account }: StartClaim = {}): Promise<StartedClaim> {
    if (!LIFECYCLES.includes(lifecycle)) throw new InputError([`lifecycle: must be one of ${LIFECYCLES.join(', ')}`]);
    const content = parseInput(claimSchema, claim);
    const input: ClaimInput = {
      claim: content,
      lifecycle,
      policy: policy ? parseInput(policySchema, { ...this.#policy, ...policy }) : this.#policy,
      ...(account === undefined ? {} : { account: parseInput(accountSchema, account) }),
    };
    const workflowId = claimWorkflowId(content.id);
    const outcome = await startOnce(this.#client, {
      type: CLAIM_WORKFLOW,
      workflowId,
      input,
      content,
      // The change feed of each account looks for its own processes by it.
      memo: { lifecycle, ...(account === undefined ? {} : { account }) },
      searchAttributes: [{ key: claimAmountKey, value: content.total.amount }],
      summary: `Claim ${content.id} · ${formatMoney(content.total)}`,
      details: described(content, lifecycle),
    });
    if (outcome === 'different') throw new ClaimConflictError(content.id);
    return { workflowId, started: outcome === 'started' };
  }

  /** Completes the current step for a person; the first completion decides, and the same one again is answered alike. */
  complete(claimId: string, answer: CompleteStep, steering?: Steering): Promise<ClaimState> {
    return this.#steer(claimId, completeStepUpdate, () => named(parseInput(completeStepSchema, answer)), steering);
  }

  /** Ends the claim from outside; everything it has open or reserved is undone. */
  withdraw(claimId: string, verb: OperatorVerb, steering?: Steering): Promise<ClaimState> {
    return this.#steer(claimId, withdrawUpdate, () => parseInput(operatorVerbSchema, verb), steering);
  }

  /** Tries a parked step again. */
  retry(claimId: string, verb: Partial<OperatorVerb> = {}, steering?: Steering): Promise<ClaimState> {
    return this.#steer(claimId, retryStepUpdate, () => parseInput(retrySchema, verb), steering);
  }

  /** Goes on without a parked step. */
  skip(claimId: string, verb: OperatorVerb, steering?: Steering): Promise<ClaimState> {
    return this.#steer(claimId, skipStepUpdate, () => parseInput(operatorVerbSchema, verb), steering);
  }

  /** Gives the task of the current step to another person. Where Fragment does not know them, it is nobody's. */
  reassign(claimId: string, verb: Reassign, steering?: Steering): Promise<ClaimState> {
    return this.#steer(claimId, reassignUpdate, () => parseInput(reassignSchema, verb), steering);
  }

  /** Moves the due date of the current step, in Fragment too; its reminder and its escalation move with it. */
  changeDue(claimId: string, verb: ChangeDue, steering?: Steering): Promise<ClaimState> {
    return this.#steer(claimId, changeDueUpdate, () => parseInput(changeDueSchema, verb), steering);
  }

  /** Nothing new begins and no deadline passes, until it is resumed. What people finish meanwhile counts then. */
  pause(claimId: string, verb: OperatorVerb, steering?: Steering): Promise<ClaimState> {
    return this.#steer(claimId, pauseUpdate, () => parseInput(operatorVerbSchema, verb), steering);
  }

  /** Goes on after a pause; deadlines get the time that was left. */
  resume(claimId: string, verb: OperatorVerb, steering?: Steering): Promise<ClaimState> {
    return this.#steer(claimId, resumeUpdate, () => parseInput(operatorVerbSchema, verb), steering);
  }

  /** Where the claim stands, and how it got there. Answered for an ended one too. */
  async state(claimId: string): Promise<ClaimState> {
    return this.#asking(claimId, async (handle) => this.#named(claimId, handle, await handle.query(stateQuery)));
  }

  /**
   * Waits for the claim's end, however long that takes, and through times in which Temporal cannot be reached. To wait less
   * long, call it within `client.withDeadline` or `client.withAbortSignal`.
   */
  async result(claimId: string): Promise<ClaimResult> {
    try {
      return (await outlast(this.#client, () => this.#handle(claimId).result())) as ClaimResult;
    } catch (error) {
      throw await explain(this.#client, claimId, error, ANSWER_SECONDS);
    }
  }

  /** The newest first, as far as visibility knows: it trails the processes by a moment. */
  async list({ limit = 100 }: { limit?: number } = {}): Promise<ListedClaim[]> {
    const claims: ListedClaim[] = [];
    if (limit < 1) return claims;
    const query = `WorkflowType = '${CLAIM_WORKFLOW}'`;
    const listed = eachInTime(this.#client, this.#client.workflow.list({ query }));
    for await (const { workflowId, status, startTime, typedSearchAttributes } of listed) {
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

  async #steer<T extends { channel?: string }>(
    claimId: string,
    update: UpdateDefinition<ProcessState, [T]>,
    argument: () => T,
    { requestId }: Steering = {},
  ): Promise<ClaimState> {
    const args: [T] = [{ ...(this.#channel ? { channel: this.#channel } : {}), ...argument() }];
    const updateId = requestId === undefined ? undefined : parseInput(requestIdSchema, requestId);
    return this.#asking(claimId, async (handle) => {
      return this.#named(claimId, handle, await executeUpdate(handle, update, { args, updateId }));
    });
  }

  async #asking<T>(claimId: string, ask: (handle: WorkflowHandle) => Promise<T>): Promise<T> {
    try {
      return await inTime(this.#client, () => ask(this.#handle(claimId)));
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

function described({ type, priority, created }: Claim, lifecycle: Lifecycle): string {
  const known = { type, priority, created, lifecycle };
  return Object.entries(known)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
    .join(' · ');
}

/** Whom the backend names by e-mail can be the one whom Fragment names by id: four eyes have to see that. */
function named(answer: CompleteStep): CompleteStep {
  return answer.by?.includes('@') ? { ...answer, emailDigest: emailDigest(answer.by) } : answer;
}
