import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from './backend.js';
import type { Plan } from './plan.js';
import { WORKERS, type ChaosStage, type WorkerName } from './stage.js';
import type { Order } from './worker-part.js';

/** What docs/upgrade.md tells an orchestrator to wait between SIGTERM and SIGKILL. */
const GRACE_MS = 60_000;
/** Open claims before a worker goes; at ten starts a second there are soon more. */
const UNDER_WAY = 10;

/** A worker that was replaced, and what it was in the middle of. */
export interface Replaced {
  worker: WorkerName;
  order: Order;
  /** Claims that were open when it was told to end. */
  open: number;
  code: number | null;
  signal: NodeJS.Signals | null;
  seconds: number;
}

interface Around {
  stage: ChaosStage;
  backend: Backend;
  openClaims: () => Promise<number>;
  say: (line: string) => void;
}

/**
 * One worker after another is replaced as a deployment does it, the first of each role before its follower serves, the
 * second after. Before each, its share of the claims is started: whatever the machine's pace, there is work under way.
 */
export async function roll(
  { claims }: Plan,
  { stage, backend, openClaims, say }: Around,
): Promise<{ replaced: Replaced[]; asked: Promise<void> }> {
  const share = Math.ceil(claims.length / WORKERS.length);
  const asked: Promise<void>[] = [];
  const replaced: Replaced[] = [];
  await Promise.all(WORKERS.map((worker) => stage.workers[worker].ready()));
  for (const [at, worker] of WORKERS.entries()) {
    const mine = claims.slice(at * share, (at + 1) * share).map((claim, index) => ({ ...claim, startMs: index * 100 }));
    asked.push(backend.run(mine));
    let open = 0;
    while (open < Math.min(UNDER_WAY, share / 2)) {
      await sleep(100);
      open = await openClaims();
    }
    const began = performance.now();
    const order = worker.endsWith('1') ? 'old first' : 'new first';
    const exit = await stage.workers[worker].replace(order, GRACE_MS);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    replaced.push({ worker, order, open, ...exit, seconds });
    say(`  ${worker} replaced with ${open} claims open, ${order}, in ${seconds} s`);
  }
  return { replaced, asked: Promise.all(asked).then(() => undefined) };
}

export function rollingViolations(replaced: readonly Replaced[]): string[] {
  return replaced
    .filter(({ code }) => code !== 0)
    .map(({ worker, code, signal }) => `${worker} ended with ${signal ?? `code ${code}`} when it was replaced`);
}
