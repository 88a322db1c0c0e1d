import { setTimeout as sleep } from 'node:timers/promises';
import { Claims } from '../client/index.js';
import { startSandbox } from '../sandbox/server.js';
import { startWorker } from '../worker/main.js';
import { TOKEN } from './fragment.js';
import { residentMb, startWorkerProcess } from './process.js';
import { UNLIMITED } from './product.js';
import { round, type Outcome, type Section, type Size } from './section.js';
import { configOf, environment, withTemporal } from './temporal.js';
import { waitFor } from './wait.js';

/** Below the worker's cache of 500, so that every open claim stays in it. */
const CLAIMS = { full: 200, quick: 15 };
/** V8 gives memory back when it has been idle for some seconds. */
const REST_MS = { full: 15_000, quick: 500 };

/** What one more open claim costs a worker that keeps it cached: resident memory with N and with 2N of them. */
export const memory: Section = { name: 'memory', run };

function run(size: Size): Promise<Outcome> {
  const many = CLAIMS[size];
  return withTemporal(async ({ client, address }) => {
    const sandbox = await startSandbox({ token: TOKEN, team: false, behaviour: { rateLimit: 10 * UNLIMITED } });
    const gateway = await startWorker(configOf(sandbox, UNLIMITED), 'gateway');
    const worker = await startWorkerProcess('processes', {
      ...environment(sandbox, UNLIMITED),
      TEMPORAL_ADDRESS: address,
    });
    try {
      const claims = new Claims(client);
      const points: { claims: number; mb: number }[] = [];
      // The first point is a warm-up: code is compiled, pools are filled.
      for (let open = Math.ceil(many / 2), started = 0; open <= 2 * many; open = open < many ? many : open + many) {
        for (; started < open; started += 1) {
          await claims.start({ id: `memory-${started}`, total: { amount: 80_000, currency: 'USD' } });
        }
        const opened = () => (sandbox.tasks.all().length >= open ? true : undefined);
        await Promise.race([worker.died, waitFor(`${open} open claims`, 120_000, opened)]);
        await sleep(REST_MS[size]);
        points.push({ claims: open, mb: round(await residentMb(worker.pid)) });
      }
      const [, half, full] = points as [unknown, { mb: number }, { mb: number }];
      return {
        configuration: { 'open claims': `${many}, then ${2 * many}`, worker: 'flows worker --role processes' },
        figures: [
          { what: 'memory of one open claim', value: round((full.mb - half.mb) / many, 3), unit: 'MB' },
          { what: `worker with ${2 * many} open claims`, value: full.mb, unit: 'MB resident' },
        ],
        raw: { points },
      };
    } finally {
      await worker.stop();
      await gateway.stop();
      await sandbox.close();
    }
  });
}
