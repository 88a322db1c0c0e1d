import type { StoredTask } from './task-shape.js';
import { chance, identity, isValidAnswer, ordinaryAnswer } from './team-rule.js';
import type { TaskEvent, TaskStore } from './tasks.js';

export interface Scripted {
  decision?: string | undefined;
  /** Replaces the whole answer, `decision` included. */
  form_data?: Record<string, unknown> | undefined;
  by?: string | undefined;
  /** Leave the task alone. */
  skip?: boolean | undefined;
  delayMs?: number | undefined;
}

/** What to do with a task; undefined leaves it to the ordinary rule. `attempt` counts from 1 and grows when a task is given back. */
export type TeamScript = (task: StoredTask, attempt: number) => Scripted | undefined;

export interface TeamOptions {
  seed?: string | number | undefined;
  people?: string[] | undefined;
  /** Who else begins tasks where `decide` says so: what they have begun goes on after a restart, too. */
  standIns?: string[] | undefined;
  /** How long a task takes, from and to. */
  thinkMs?: [min: number, max: number] | undefined;
  decide?: TeamScript | undefined;
}

/** Whom the team and the inbox know from the start. */
export const PEOPLE = [
  'ada.okafor@example.com',
  'ben.lindqvist@example.com',
  'chiara.russo@example.com',
  'dev.patel@example.com',
];

/** A simulated operations team. It works on the store itself, as people do in Fragment's own app: that costs no API requests. */
export class Team {
  readonly people: readonly string[];
  readonly #seed: string | number;
  readonly #standIns: readonly string[];
  readonly #thinkMs: [number, number];
  readonly #decide: TeamScript;
  readonly #attempts = new Map<string, number>();
  readonly #reviewers = new Map<unknown, string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly store: TaskStore,
    options: TeamOptions = {},
  ) {
    this.people = options.people ?? PEOPLE;
    if (this.people.length < 2)
      throw new Error('sandbox team: at least two people are needed (four eyes), give more in `people`');
    this.#standIns = options.standIns ?? [];
    this.#seed = options.seed ?? 1;
    this.#thinkMs = options.thinkMs ?? [200, 1500];
    this.#decide = options.decide ?? (() => undefined);
  }

  start(): void {
    if (this.#unsubscribe) return;
    this.#unsubscribe = this.store.subscribe((task, event) => this.#notice(task, event));
    for (const task of this.store.all()) {
      for (const event of this.store.detail(task.uid)?.history ?? []) this.#rememberReviewer(task, event);
      this.#resume(task);
      this.#consider(task);
    }
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #notice(task: StoredTask, event: TaskEvent): void {
    if (event.what === 'commented' || event.what === 'deleted') return;
    this.#rememberReviewer(task, event);
    this.#consider(task);
  }

  #rememberReviewer(task: StoredTask, event: TaskEvent): void {
    if (event.step === 'review' && event.status === 'DONE' && event.assignee)
      this.#reviewers.set(task.fields.claim_id, event.assignee);
  }

  #consider(task: StoredTask): void {
    // A timer that is there already will look at the task as it is by then.
    if (task.status !== 'TODO' || task.fields.step === undefined || task.archived || this.#timers.has(task.uid)) return;
    this.#later(task.uid, 0, () => this.#begin(task.uid));
  }

  /** After a restart: what one of the team had begun goes on. What anybody else has begun is left alone. */
  #resume(task: StoredTask): void {
    const by = this.store.detail(task.uid)?.history.findLast(hasStarted)?.by ?? '';
    if (task.status === 'STARTED' && [...this.people, ...this.#standIns].includes(by)) {
      this.#later(task.uid, this.#thinkMs[0], () => this.#finish(task, by, ordinaryAnswer(this.#seed, task)));
    }
  }

  #later(uid: string, ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(uid);
      work();
    }, ms);
    this.#timers.set(uid, timer);
  }

  #begin(uid: string): void {
    const task = this.store.get(uid);
    if (task?.status !== 'TODO') return;
    const piece = JSON.stringify([uid, ...identity(task)]);
    const attempt = (this.#attempts.get(piece) ?? 0) + 1;
    const scripted = this.#decide(task, attempt) ?? {};
    if (scripted.skip) return;
    this.#attempts.set(piece, attempt);
    const by = scripted.by ?? this.#person(task);
    const started = this.store.apply('PATCH', { uid, status: 'STARTED', assignee_email: by }, by);
    const [min, max] = this.#thinkMs;
    const think = scripted.delayMs ?? min + Math.floor(chance(this.#seed, 'think', ...identity(task)) * (max - min));
    this.#later(uid, think, () => this.#finish(started, by, this.#answer(task, scripted, attempt)));
  }

  #answer(task: StoredTask, scripted: Scripted, attempt: number): Record<string, unknown> {
    const ordinary = ordinaryAnswer(this.#seed, task);
    const { decision, form_data: data } = scripted;
    const chosen = data ?? (decision === undefined ? ordinary : { ...ordinary, decision });
    // A person who got a wrong answer back corrects it; a script that repeats it would go round for ever.
    return attempt > 1 && !isValidAnswer(task.fields.step, chosen) ? ordinary : chosen;
  }

  #finish(started: StoredTask, by: string, answer: Record<string, unknown>): void {
    const task = this.store.get(started.uid);
    if (!task) return;
    const same = JSON.stringify(identity(task)) === JSON.stringify(identity(started));
    if (task.status === 'STARTED' && same && task.assignee_uid === started.assignee_uid) {
      this.store.apply('PATCH', { uid: task.uid, status: 'DONE', form_data: answer }, by);
    } else {
      // Somebody else finished, moved or reopened it meanwhile: look at it afresh.
      this.#consider(task);
    }
  }

  /** Never the reviewer for an approval: the approver must be another pair of eyes. */
  #person(task: StoredTask): string {
    const reviewer = task.fields.step === 'approval' ? this.#reviewers.get(task.fields.claim_id) : undefined;
    const able = this.people.filter((person) => person !== reviewer);
    return able[Math.floor(chance(this.#seed, 'person', ...identity(task)) * able.length)] ?? this.people[0] ?? '';
  }
}

/** Not every change of a started task is by whoever started it. */
const hasStarted = ({ status, changes }: TaskEvent): boolean => status === 'STARTED' && changes.includes('status');
