import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Faults } from './faults.js';
import type { Counter } from './limiter.js';
import type { TaskStore } from './tasks.js';

/** Soon enough to be called live; a busy demo changes tasks hundreds of times a second, and nobody can read that. */
const LOOK_MS = 400;

/**
 * Versions of what a page shows. A page is drawn with its version, and the script redraws it when `/events` names another: a
 * change between drawing and listening is not missed, nor one that happened while the connection was down.
 */
export class Versions {
  #changes = 0;

  constructor(
    private readonly store: TaskStore,
    private readonly faults: Faults,
    private readonly counter: Counter,
  ) {
    store.subscribe(() => this.#changes++);
  }

  /** `watch`: `tasks`, `faults`, or a task's uid. */
  of(watch: string): string {
    const faults = this.faults.waiting.map(({ kind, status, match, times }) => [kind, status, match, times]);
    return createHash('md5')
      .update(JSON.stringify([this.#seen(watch), faults]))
      .digest('base64url');
  }

  /** Answers with the version at once, and again whenever it has changed. */
  stream(c: Context): Response {
    const watch = c.req.query('watch') ?? 'tasks';
    return streamSSE(c, async (stream) => {
      let told = '';
      while (!stream.aborted) {
        const version = this.of(watch);
        if (version !== told) await stream.writeSSE({ data: version, retry: 1_000 });
        told = version;
        await stream.sleep(LOOK_MS);
      }
    });
  }

  #seen(watch: string): unknown {
    if (watch === 'tasks') return this.#changes;
    if (watch === 'faults') return [this.#changes, this.counter.requests, this.counter.lastMinute()];
    if (watch === 'nothing') return 0;
    const workflow = this.store.get(watch)?.fields.workflow_id;
    const family = workflow ? this.store.all().filter((task) => task.fields.workflow_id === workflow) : [];
    return [this.store.detail(watch)?.history.length, family.map((task) => task.updated_at)];
  }
}
