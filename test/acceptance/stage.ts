/** One Temporal server, one sandbox and one set of workers for all acceptance cases; each case has claims of its own. */
import assert from 'node:assert/strict';
import { after } from 'mocha';
import { Claims, type ClaimPolicy, type ClaimState } from '../../client/index.js';
import { taskUid } from '../../fragment/uid.js';
import type { StoredTask } from '../../sandbox/task-shape.js';
import { FEED_WORKFLOW_ID } from '../../workflows/account/contract.js';
import type { Lifecycle, StepState, StepStatus, TaskNews } from '../../workflows/tasks/contract.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

/** The limit is not the case here, so it is out of the way. */
const PER_MINUTE = 1_200;

let shared: Promise<AcceptanceStage> | undefined;
after(async () => (await shared)?.stage.stop());

export function acceptanceStage(): Promise<AcceptanceStage> {
  shared ??= setStage({
    team: false,
    requestsPerMinute: PER_MINUTE,
    behaviour: { rateLimit: PER_MINUTE },
    ledger: { refuse: [], refuseOnce: [] },
  }).then((stage) => new AcceptanceStage(stage));
  return shared;
}

interface StartOptions {
  amount?: number;
  lifecycle?: Lifecycle;
  policy?: Partial<ClaimPolicy>;
  claim?: { type?: string; priority?: string };
}

export class AcceptanceStage {
  readonly claims: Claims;

  constructor(readonly stage: Stage) {
    this.claims = new Claims(stage.temporal);
  }

  async start(id: string, options: StartOptions = {}): Promise<ClaimCase> {
    const { amount = 80_000, lifecycle, policy, claim } = options;
    await this.claims.start({ id, total: { amount, currency: 'USD' }, ...claim }, { lifecycle, policy });
    return new ClaimCase(this, id);
  }

  /**
   * Holds the next write of one task up on its way to Fragment until it is let go: what has to come meanwhile does, however
   * slow the machine. A case that fails in between holds up no others for long.
   */
  hold(method: 'putTask' | 'patchTask'): { held: Promise<void>; letGo: () => void } {
    const { client } = this.stage;
    let letGo = (): void => undefined;
    const free = new Promise<void>((resolve) => (letGo = resolve));
    const held = new Promise<void>((resolve) => {
      client[method] = async (uid, task) => {
        Reflect.deleteProperty(client, method);
        resolve();
        setTimeout(letGo, 30_000).unref();
        await free;
        return client[method](uid, task);
      };
    });
    return { held, letGo };
  }
}

/** A claim, the people who do its tasks, and the backend that steers it. */
export class ClaimCase {
  readonly handle;

  constructor(
    readonly on: AcceptanceStage,
    readonly id: string,
  ) {
    this.handle = on.stage.temporal.workflow.getHandle(`claim-${id}`);
  }

  state(): Promise<ClaimState> {
    return this.on.claims.state(this.id);
  }

  result() {
    return this.on.claims.result(this.id);
  }

  /** The step once the claim is at it. */
  at(step: string, status: StepStatus = 'waiting', round = 1): Promise<StepState> {
    return until(async () => {
      const { steps } = await this.state();
      const current = steps.at(-1);
      return current?.step === step && current.round === round && current.status === status ? current : undefined;
    });
  }

  uid(step: string, round = 1): string {
    return taskUid(`claim#${this.id}#${step}#${round}`);
  }

  task({ uid }: StepState): StoredTask {
    const task = this.on.stage.sandbox.tasks.get(String(uid));
    return task ?? assert.fail(`no task ${uid}`);
  }

  tasks(): StoredTask[] {
    return this.on.stage.sandbox.tasks.all().filter(({ fields }) => fields.claim_id === this.id);
  }

  /** The tasks that somebody could still work on. */
  open(): string[] {
    return this.tasks().flatMap(({ uid, status }) => (status === 'DONE' ? [] : [uid]));
  }

  comments({ uid }: StepState): string {
    const { comments = [] } = this.on.stage.sandbox.tasks.detail(String(uid)) ?? {};
    return comments.map(({ content }) => content).join('\n');
  }

  /** What a person fills in and finishes, by whom; the feed is told to look at once. */
  async finish(step: StepState, form_data: Record<string, unknown> = {}, by = 'ada@example.com'): Promise<void> {
    // A form is handed in whole, whatever PATCH does with `form_data`.
    if (this.task(step).form_data) this.change(step, { form_data: null }, by);
    this.change(step, { status: 'DONE', assignee_email: by, form_data }, by);
    await this.poke();
  }

  change({ uid }: StepState, change: object, by = 'ada@example.com'): void {
    this.on.stage.sandbox.tasks.apply('PATCH', { uid: String(uid), ...change }, by);
  }

  async poke(): Promise<void> {
    await this.on.stage.temporal.workflow.getHandle(FEED_WORKFLOW_ID).signal('poke');
  }

  /** What the feed, a webhook or a forger would signal. */
  async news(step: StepState, news: Partial<TaskNews>): Promise<void> {
    await this.handle.signal('taskChanged', {
      uid: step.uid,
      step: step.step,
      round: step.round,
      status: 'DONE',
      ...news,
    });
  }

  async through(...steps: string[]): Promise<void> {
    for (const [index, step] of steps.entries()) {
      const form = step === 'review' || step === 'approval' ? { decision: 'approve' } : {};
      await this.finish(await this.at(step), form, `person-${index}@example.com`);
    }
  }

  /** The audit trail in short: what, and from where. */
  async audited(): Promise<string[]> {
    return (await this.state()).audit.map(({ what, step }) => (step ? `${step}: ${what}` : what));
  }
}
