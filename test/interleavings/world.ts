/** A claim on the time-skipping server, and people, backends, feeds, Fragment and time as they act on it. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError, isGrpcDeadlineError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { MemoryTask } from '../../testing/in-memory-fragment.js';
import type { ClaimStep } from '../../workflows/claim/contract.js';
import type { ProcessState, StepState, TaskNews } from '../../workflows/tasks/contract.js';
import type { ClaimOnStage, TimeSkippingStage } from '../time-skipping-stage.js';
import type { Command, Saying, Setting, Weather } from './commands.js';
import { isAtRest, latest } from './history.js';
import { noteOf, type Happening, type Place, type Reply } from './model.js';
import { placeOf, sayStep, sayTask, type Standing } from './standing.js';
import { ask } from './verbs.js';

/** On the real clock: nothing here takes as long, however busy the machine. */
const PATIENCE_MS = 60_000;
const QUERY_MS = 5_000;
const HOUR_MS = 3_600_000;

export interface Delivered {
  happening: Happening;
  reply: Answer;
}

/** What an Update was answered, as soon as it was. */
class Answer {
  /** `kept` as long as there is none. */
  now: Reply = 'kept';
  failure?: unknown;

  constructor(answered: Promise<Reply>) {
    answered.then(
      (reply) => (this.now = reply),
      (failure: unknown) => (this.failure = failure),
    );
  }
}

export class World {
  private ids = 0;
  private readonly told = new Map<number, TaskNews>();
  private refusesTasks = false;
  private readonly undo: (() => void)[];

  constructor(
    private readonly stage: TimeSkippingStage,
    readonly claim: ClaimOnStage,
    private readonly setting: Setting,
    /** The server's clock, ahead of the real one by what was skipped. One for a stage. */
    private readonly clock: { aheadMs: number },
  ) {
    this.undo = [
      stage.fragment.beforeEach(({ activity }) => {
        if (!this.refusesTasks || (activity !== 'openTask' && activity !== 'moveTask')) return;
        throw ApplicationFailure.nonRetryable('no such queue', 'FragmentRejected');
      }),
    ];
  }

  /** Sends it on its way; what it is answered may need others to happen first. */
  async deliver(command: Command, given: { news?: number; hours?: number } = {}): Promise<Delivered> {
    const id = (this.ids += 1);
    const happening: Happening = { command, id };
    const done = { happening, reply: new Answer(Promise.resolve(undefined)) };
    switch (command.do) {
      case 'finish': {
        const { saying, by, heard } = command;
        return this.onTask(happening, heard, (task, { step }) => {
          const form_data = formOf(step, saying, id);
          this.stage.fragment.change(task.uid, { status: 'DONE', form_data, assignee_uid: by });
        });
      }
      case 'reopen':
        return this.onTask(
          happening,
          true,
          (task) => void this.stage.fragment.change(task.uid, { status: 'TODO' }),
          ({ status }) => status === 'DONE',
          command.past ? -2 : -1,
        );
      case 'toggle':
        return this.onTask(
          happening,
          true,
          ({ uid, status }) => void this.stage.fragment.change(uid, { status: status === 'TODO' ? 'STARTED' : 'TODO' }),
          ({ status }) => status !== 'DONE',
        );
      case 'take away': {
        const { how, heard } = command;
        return this.onTask(happening, heard, (task) => {
          if (how === 'deleted') this.stage.fragment.tasks.delete(task.uid);
          else task.archived = true;
        });
      }
      case 'feed catches up': {
        const step = await this.step();
        if (!step?.uid) return done;
        await this.tell(this.newsOf(step.uid, step));
        return { ...done, happening: { ...happening, place: placeOf(step) } };
      }
      case 'tell again': {
        const news = given.news === undefined ? undefined : this.told.get(given.news);
        if (news) await this.tell(news);
        return { ...done, happening: { ...happening, news: given.news } };
      }
      case 'forge': {
        const step = await this.step();
        if (!step?.uid) return done;
        await this.tell(forged(command.what, step));
        return { ...done, happening: { ...happening, place: placeOf(step) } };
      }
      case 'time passes': {
        const hours = given.hours ?? command.hours;
        this.clock.aheadMs += hours * HOUR_MS;
        const passed = this.stage.skip(hours * HOUR_MS).then(() => undefined);
        return { happening: { ...happening, command: { ...command, hours } }, reply: new Answer(passed) };
      }
      case 'Fragment refuses tasks':
        this.refusesTasks = command.refuses;
        return done;
      case 'provider refuses payments':
        if (command.refuses) this.stage.payments.refuse.add(this.claim.id);
        else this.stage.payments.refuse.delete(this.claim.id);
        return done;
      default: {
        const asked = command.do === 'complete' ? { ...command, step: await this.named(command.step) } : command;
        const now = Date.now() + this.clock.aheadMs;
        return { happening: { ...happening, command: asked }, reply: new Answer(ask(this.claim, asked, id, now)) };
      }
    }
  }

  /** What there is to tell again. */
  get newsIds(): number[] {
    return [...this.told.keys()];
  }

  /** What the claim is once nothing is under way and all is answered. @throws where it does not come to rest. */
  async atRest(delivered: Delivered[]): Promise<ProcessState> {
    await this.until('the claim comes to rest', delivered, () => this.isAtRest(delivered));
    return this.state();
  }

  async isAtRest(delivered: Delivered[]): Promise<boolean> {
    for (const { reply } of delivered) if (reply.failure) throw reply.failure;
    const open = delivered.filter(({ reply }) => reply.now === 'kept');
    if (open.some(({ happening }) => happening.command.do === 'time passes')) return false;
    // A paused process answers some Updates when it goes on.
    if (open.length > 0 && (await this.state()).paused === undefined) return false;
    return isAtRest(await this.claim.handle.fetchHistory());
  }

  /** Updates on their way get there, where a request is held up that some of them have to wait for. */
  async arrived(delivered: Delivered[]): Promise<void> {
    const unanswered = () => delivered.filter(({ reply }) => reply.now === 'kept');
    for (let left = 10; left > 0 && unanswered().length > 0; left -= 1) await pause(4);
    await this.until('a withdrawal is answered at once', delivered, async () =>
      unanswered().every(({ happening: { command }, reply }) => command.do !== 'withdraw' || reply.failure),
    );
  }

  standing({ outcome, paused, steps }: ProcessState): Standing {
    const current = outcome === undefined ? steps.at(-1) : undefined;
    const waits = current && !['done', 'skipped'].includes(current.status) ? current : undefined;
    const open = this.stage.fragment.open(this.claim.id).filter(({ uid }) => uid !== waits?.uid);
    return {
      outcome,
      paused: paused !== undefined,
      steps: steps.map(sayStep),
      ...(waits?.uid ? { task: sayTask(this.stage.fragment.tasks.get(waits.uid)) } : {}),
      open: open.map((task) => this.keyOf(task)).toSorted(),
    };
  }

  /** From now on, the first request to Fragment or the provider meets this weather. */
  meet(weather: Weather): { held: () => boolean; clear: () => void } {
    let held = false;
    let over = weather === 'fair';
    let clear = (): void => undefined;
    const cleared = new Promise<void>((resolve) => {
      clear = resolve;
    });
    const once = async () => {
      if (over) return;
      over = true;
      held = true;
      await cleared;
      if (weather === 'lost answer') {
        throw ApplicationFailure.create({ message: 'connection reset', nextRetryDelay: '1 millisecond' });
      }
    };
    const { fragment } = this.stage;
    const stop = weather === 'late request' ? fragment.beforeEach(once) : fragment.afterEach(once);
    this.undo.push(stop, clear);
    return {
      held: () => held,
      clear: () => {
        over = true;
        clear();
      },
    };
  }

  /** @throws after a while, with where the claim hangs. */
  async until(what: string, delivered: Delivered[], holds: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; !(await holds()); await pause(4)) {
      if (Date.now() < deadline) continue;
      const replies = delivered.map(({ reply }) => reply.now);
      const place = `answered: ${replies.join()}; its history ends: ${latest(await this.claim.handle.fetchHistory())}`;
      assert.fail(`still not so after ${PATIENCE_MS / 1_000} s: ${what}; ${place}`);
    }
  }

  /** Leaves nothing behind that later claims could meet, whatever has become of this one. */
  async leave(): Promise<void> {
    for (const step of this.undo.toReversed()) step();
    this.stage.payments.refuse.delete(this.claim.id);
    await this.claim.handle.terminate('the run is over').catch(() => undefined);
  }

  /** A query that meets the end of its workflow gets no answer of the test server, ever: it is asked again. */
  private async state(): Promise<ProcessState> {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      try {
        return await this.stage.temporal.withDeadline(Date.now() + QUERY_MS, () => this.claim.state());
      } catch (error) {
        if (Date.now() > deadline || !isGrpcDeadlineError((error as Error).cause)) throw error;
      }
    }
  }

  private async step(at = -1): Promise<StepState | undefined> {
    return (await this.state()).steps.at(at);
  }

  private async named(step: 'current' | ClaimStep): Promise<ClaimStep> {
    return step === 'current' ? ((await this.step())?.step as ClaimStep) : step;
  }

  private async onTask(
    happening: Happening,
    heard: boolean,
    change: (task: MemoryTask, step: StepState) => void,
    fits: (task: MemoryTask) => boolean = () => true,
    at = -1,
  ): Promise<Delivered> {
    const unchanged = { happening, reply: new Answer(Promise.resolve(undefined)) };
    const step = await this.step(at);
    const task = step && this.taskOf(step);
    const gone = happening.command.do === 'take away' && step && ['done', 'skipped', 'withdrawn'].includes(step.status);
    if (!task || task.archived || gone || !fits(task)) return unchanged;
    change(task, step);
    const news = this.newsOf(task.uid, step);
    this.told.set(happening.id, news);
    if (heard) await this.tell(news);
    return { ...unchanged, happening: { ...happening, place: placeOf(step) } };
  }

  /** A person may see the task before the process knows its uid. */
  private taskOf({ step, round }: StepState): MemoryTask | undefined {
    return this.stage.fragment
      .of(this.claim.id)
      .find(({ fields }) => fields.step === step && Number(fields.round) === round);
  }

  private newsOf(uid: string, { step, round }: StepState): TaskNews {
    const there = this.stage.fragment.tasks.has(uid);
    return there ? this.stage.fragment.news(uid) : { uid, status: 'TODO', step, round, absent: 'deleted' };
  }

  private keyOf({ fields }: MemoryTask): Place {
    return this.setting.lifecycle === 'single-task' ? 'single' : placeOf(fields as { step: string; round: number });
  }

  private async tell(news: TaskNews): Promise<void> {
    await this.claim.tell(news).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
  }
}

function formOf(step: string, saying: Saying, id: number): Record<string, unknown> {
  const note = noteOf(id);
  if (step === 'review' || step === 'approval') return { decision: saying, note };
  return saying === 'nonsense' ? { note, corrections: 7, reference: 7 } : { note };
}

function forged(what: (Command & { do: 'forge' })['what'], { uid, step, round }: StepState): TaskNews {
  const right = { uid: uid as string, step, round, status: 'DONE', answer: { decision: 'approve' } };
  if (what === 'uid') return { ...right, uid: '00000000-0000-4000-8000-000000000000' };
  if (what === 'step') return { ...right, step: 'audit' };
  return what === 'round' ? { ...right, round: 99 } : { ...right, step: undefined, round: undefined };
}
