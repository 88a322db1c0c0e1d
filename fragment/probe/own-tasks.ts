import { FragmentAuthError } from '../errors.js';
import { taskSchema, type Task } from '../schema.js';
import { taskUid } from '../uid.js';
import type { Answer, Wire } from './wire.js';

export const TITLE = 'flows probe';

/** The tasks that a probe has made: it changes no others, and closes these at its end. */
export class OwnTasks {
  /** uid -> whether somebody would still see it as work. */
  private readonly made = new Map<string, 'open' | 'closed'>();
  private count = 0;

  constructor(
    private readonly wire: Wire,
    private readonly run: string,
  ) {}

  get closed(): string[] {
    return [...this.made].flatMap(([uid, state]) => (state === 'closed' ? uid : []));
  }

  get open(): string[] {
    return [...this.made].flatMap(([uid, state]) => (state === 'open' ? uid : []));
  }

  get all(): string[] {
    return [...this.made.keys()];
  }

  /** A uid of no task yet. Whatever comes to exist under it is one of ours. */
  newUid(): string {
    this.count += 1;
    return taskUid(`flows-probe#${this.run}#${this.count}`);
  }

  fields(more: Record<string, unknown> = {}): Record<string, unknown> {
    return { title: `${TITLE} ${this.run}`, ...more };
  }

  /** By PUT, as the documentation says. */
  async create(body: Record<string, unknown> = {}): Promise<Task> {
    const uid = this.newUid();
    this.adopt(uid);
    const answer = await this.wire.ask('PUT', `/tasks/${uid}`, { body: { fields: this.fields(), ...body } });
    const task = taskIn(answer, 'creating a task');
    this.adopt(uid, task.status === 'DONE' ? 'closed' : 'open');
    return task;
  }

  /** To be closed at the end, if it came to be at all. */
  adopt(uid: string, state: 'open' | 'closed' = 'open'): void {
    this.made.set(uid, state);
  }

  gone(uid: string): void {
    this.made.delete(uid);
  }

  async patch(uid: string, body: Record<string, unknown>): Promise<Answer> {
    return this.wire.ask('PATCH', `/tasks/${uid}`, { body });
  }

  async read(uid: string): Promise<Task> {
    return taskIn(await this.wire.ask('GET', `/tasks/${uid}`), 'reading a task');
  }

  /** What can't be closed stays in `open`. */
  async close(): Promise<void> {
    for (const uid of this.open) {
      const answer = await this.patch(uid, { status: 'DONE', fields: this.fields() }).catch((error: Error) => error);
      // Nobody is closed by a token that is not taken, and each attempt would be followed by a pause.
      if (answer instanceof FragmentAuthError) return;
      if (answer instanceof Error) continue;
      if (answer.status === 404) this.gone(uid);
      else if (answer.status < 300) this.adopt(uid, 'closed');
    }
  }
}

/** @throws Error with the status, where the answer is no task. */
export function taskIn({ status, data }: Answer, what: string): Task {
  const task = status < 300 ? taskSchema.safeParse(data) : undefined;
  if (task?.success) return task.data;
  throw new Error(`${what} was answered ${status}${task ? ' in a shape that we do not know' : ''}`);
}

/** Of a list's answer; an odd item is left out. */
export function tasksIn({ data }: Answer): Task[] {
  const { items } = Object(data) as { items?: unknown };
  if (!Array.isArray(items)) return [];
  return items.flatMap((item) => {
    const task = taskSchema.safeParse(item);
    return task.success ? [task.data] : [];
  });
}
