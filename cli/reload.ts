import { existsSync, watch } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunningWorker } from '../worker/main.js';
import { messageOf } from './failure.js';
import { note } from './output.js';

/** An editor writes a file in several steps, and a change of branch many files. */
const QUIET_MS = 300;

/** Where the workflows are written; undefined where this is the built code, which nobody edits. */
export function workflowSources(): string | undefined {
  const folder = fileURLToPath(new URL('../workflows/', import.meta.url));
  return existsSync(`${folder}index.ts`) ? folder : undefined;
}

/** A worker that is another one after each change: `failed` rejects when the one of the moment fails. */
export interface ReloadingWorker extends Pick<RunningWorker, 'gateway' | 'stop'> {
  failed: Promise<void>;
}

/**
 * Starts a worker, and another in its place whenever a file of the folder has changed: a worker bundles its workflows when it
 * starts. One that cannot be bundled takes nobody's place; it is tried again at the next change.
 */
export async function reloadingWorker(start: () => Promise<RunningWorker>, folder: string): Promise<ReloadingWorker> {
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<void>((_, reject) => (fail = reject));
  let worker = follow(await start());
  let turn = Promise.resolve();
  let stopped = false;
  const stopWatching = watchFolder(folder, () => {
    turn = turn.then(restart);
  });
  return {
    gateway: (account) => worker.gateway(account),
    failed,
    async stop() {
      stopped = true;
      stopWatching();
      await turn;
      await worker.stop();
    },
  };

  async function restart(): Promise<void> {
    if (stopped) return;
    const before = worker;
    try {
      worker = await start();
    } catch (error) {
      return note(`error: workflows changed, and the worker goes on with the old ones: ${messageOf(error)}`);
    }
    follow(worker);
    // How the old one ends is nobody's concern any more.
    await before.stop().catch((error: unknown) => note(`the worker before did not stop well: ${messageOf(error)}`));
    note('workflows changed: the worker was restarted');
  }

  function follow(started: RunningWorker): RunningWorker {
    started.done.catch((error: unknown) => {
      if (started === worker) fail(error);
    });
    return started;
  }
}

/** Calls when files below the folder have been written, once nothing has been for a moment. Answers how to end that. */
export function watchFolder(folder: string, changed: () => void): () => void {
  let due: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true }, () => {
    clearTimeout(due);
    due = setTimeout(changed, QUIET_MS);
  });
  // The system may grant no more of them.
  watcher.on('error', (error) => note(`changes in ${folder} are no longer seen: ${error.message}`));
  return () => {
    clearTimeout(due);
    watcher.close();
  };
}
