/**
 * What a process expects of its tasks against what exists in Fragment: pure comparisons, no clock and no calls. The table
 * of rules is docs/reconciliation.md.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Task } from '../fragment/schema.js';

/** The task that a process waits for, as the process last wrote it. */
export interface AwaitedTask {
  uid: string;
  process: string;
  step: string;
  round: number;
  /**
   * Who brings the step to its end. People: the task has to be open, TODO or STARTED as they like it. A machine judges its
   * task itself. An operator: the step is parked, so no more than an answer moves it.
   */
  by: 'people' | 'machine' | 'operator';
  fields: Record<string, unknown>;
  /** ISO 8601 in UTC. People may move it afterwards. */
  due?: string;
}

/** A process's own answer: the only authority on what it waits for. */
export interface ExpectedTasks {
  awaited?: AwaitedTask;
  /** A task is being opened or moved right now: nothing can be said of it. */
  moving: boolean;
  /** Tasks that the process is through with for good. */
  closed: string[];
}

/** Whoever a task names as its process, as Temporal and the process itself tell. */
export type Owner =
  | { state: 'running'; expects: ExpectedTasks }
  | { state: 'ended'; how: string }
  | { state: 'not found' }
  | { state: 'elsewhere'; account: string }
  | { state: 'silent'; why: string };

export type DriftClass = 'missing' | 'archived' | 'orphan' | 'wrong_status' | 'stale_fields' | 'duplicated' | 'unknown';

/** `tell`: the process hears of it and acts itself. */
export type Remedy = 'tell' | 'close' | 'rewrite' | 'none';

export interface Verdict {
  kind: DriftClass;
  remedy: Remedy;
  /** For a person who reads the report. Names of fields, never their values: the report is kept in history. */
  is: string;
  should: string;
  /** For whoever has the task before their eyes: becomes the comment on a task that is closed. */
  why?: string;
  /** Rests on nothing but Temporal's not knowing the process. */
  unfounded?: boolean;
}

/** A task that a running process waits for; undefined where all is well, or not ours to judge. */
export function judgeAwaited(awaited: AwaitedTask, task: Task | undefined): Verdict | undefined {
  if (awaited.by === 'machine') return undefined;
  const place = `${awaited.step}, round ${awaited.round}`;
  // Told of a task that was taken away, a parked process would do nothing.
  const absent = {
    remedy: awaited.by === 'operator' ? ('none' as const) : ('tell' as const),
    should: `open at ${place}, due ${awaited.due}${awaited.by === 'operator' ? '; the step is parked' : ''}`,
  };
  if (!task) return { kind: 'missing', is: 'does not exist', ...absent };
  // Before archived: people archive what is done.
  if (task.status === 'DONE') {
    return { kind: 'wrong_status', remedy: 'tell', is: 'DONE', should: `${place} knows that it is done` };
  }
  if (task.archived) return { kind: 'archived', is: 'archived', ...absent };
  const stale = staleFields(awaited.fields, task);
  if (stale.length === 0) return undefined;
  return { kind: 'stale_fields', remedy: 'rewrite', is: `edited: ${stale.join(', ')}`, should: 'as the process wrote' };
}

/**
 * An open task that names a process, and that no process was seen to wait for. `recipe`: the uids that Fragment's recipe
 * makes for the process, step and round that it names.
 */
export function judgeOpen(task: Task, owner: Owner, recipe: readonly string[]): Verdict | undefined {
  const ours = recipe.includes(task.uid);
  if (recipe.length === 0) return unknown('open; it names no workflow of its process');
  if (owner.state === 'elsewhere') return unknown(`open, and its process is of another account: ${owner.account}`);
  if (owner.state === 'silent') return unknown(`open, and its process does not answer: ${owner.why}`);
  if (owner.state === 'running') return judgeOpenOfRunning(task, owner.expects, ours);
  if (!ours) return unknown('open; its uid is not made from the process, step and round that it names');
  const gone = owner.state === 'ended' ? `has ended (${owner.how})` : 'is not known to Temporal';
  return {
    kind: 'orphan',
    remedy: 'close',
    is: `open; its process ${gone}`,
    should: 'DONE',
    why: `nobody waits for this task, its process ${gone}`,
    ...(owner.state === 'not found' ? { unfounded: true } : {}),
  };
}

/** The fields that the process wrote and that say something else now. What people added is theirs. */
function staleFields(expected: Record<string, unknown>, { fields }: Task): string[] {
  return Object.keys(expected).filter((name) => !isDeepStrictEqual(expected[name] ?? null, fields?.[name] ?? null));
}

/** People can edit it: it says whom to ask, and proves nothing. */
export const workflowIdOf = ({ fields }: Task): string =>
  typeof fields?.workflow_id === 'string' ? fields.workflow_id : '';

export const byUid = (tasks: Task[]): Map<string, Task> => new Map(tasks.map((task) => [task.uid, task]));

export const isOpen = (task: Task): boolean => task.status !== 'DONE' && !task.archived;

function judgeOpenOfRunning(task: Task, expects: ExpectedTasks, ours: boolean): Verdict | undefined {
  const { awaited, moving, closed } = expects;
  if (task.uid === awaited?.uid) return undefined;
  if (closed.includes(task.uid)) {
    const why = 'it was opened again, but its step is over and the process has moved on';
    return { kind: 'wrong_status', remedy: 'close', is: 'open again; its step is over', should: 'DONE', why };
  }
  // It may be the very task that is being opened.
  if (moving && ours) return undefined;
  if (!ours && awaited && task.fields?.step === awaited.step && Number(task.fields.round) === awaited.round) {
    const why = `it is a copy of task ${awaited.uid}, which stays`;
    return { kind: 'duplicated', remedy: 'close', is: `open beside ${awaited.uid}`, should: 'DONE', why };
  }
  // A process that was reset comes back to the tasks of its earlier run, so even one of ours stays.
  return unknown('open; its process is running and does not wait for it');
}

/** An awaited task that Fragment refuses to show. */
export const hidden = (refusal: string): Verdict => unknown(`not shown: ${refusal}`);

function unknown(is: string): Verdict {
  return { kind: 'unknown', remedy: 'none', is, should: 'a person looks at it' };
}
