import { setTimeout as sleep } from 'node:timers/promises';
import { Claims } from '../../client/index.js';
import type { Sandbox } from '../../sandbox/server.js';
import { workflowSource } from '../../worker/bundle.js';
import { claimProcess } from '../../worker/own-processes.js';
import { ensureFeed, gatewayWorker, processesWorker } from '../../worker/workers.js';
import { MAX_BATCH, REQUESTS_PER_MINUTE, TOKEN, withFragment } from '../fragment.js';
import { percentiles, type Percentiles } from '../percentiles.js';
import { round } from '../section.js';
import { whileWorking, withTemporal } from '../temporal.js';
import { DEFAULTS, MINUTE_MS, type Scenario } from './scenario.js';
import { arrivalOf, simulate } from './simulate.js';

/** Small enough to be run for real: some claims in a minute, people enough for all, seconds for a step. */
export const CHECKED: Scenario = {
  ...DEFAULTS,
  days: 1,
  claimsADay: 120,
  arrivals: ['00:00', '00:01'],
  steps: 2,
  people: 120,
  hours: ['00:00', '24:00'],
  workdays: 7,
  minutesAStep: 0.1,
  requestsPerMinute: REQUESTS_PER_MINUTE,
  batch: MAX_BATCH,
  // The sandbox's, on loopback; and two cores for the worker, the server and everything else.
  fragmentMs: 15,
  workers: 1,
  workerMs: 15,
};

/** A machine that has other work to do wakes everything late. */
const TOLERANCE = { share: 0.25, ms: 500, requests: 3 };

export interface Checked {
  what: string;
  predicted: number;
  measured: number;
  tolerance: number;
  within: boolean;
}

interface Outcome {
  ended: number;
  requests: number;
  maxIn60s: number;
  write: Percentiles;
  handover: Percentiles;
  claim: Percentiles;
}

/** The same claims at the same times, predicted and run with Temporal, workers and the sandbox. */
export async function checked(scenario: Scenario = CHECKED): Promise<Checked[]> {
  const { claims, requests, write, handover } = await simulate(scenario, { untilEnded: true });
  const predicted: Outcome = {
    ended: claims.ended,
    requests: requests.total,
    maxIn60s: requests.maxIn60s,
    write,
    handover,
    claim: claims.ms,
  };
  const measured = await runForReal(scenario);
  const figure = (what: string, floor: number, of: (outcome: Outcome) => number): Checked => {
    const [expected, found] = [round(of(predicted), 0), round(of(measured), 0)];
    const tolerance = floor && Math.max(floor, round(TOLERANCE.share * expected, 0));
    return { what, predicted: expected, measured: found, tolerance, within: Math.abs(found - expected) <= tolerance };
  };
  return [
    figure('claims ended', 0, ({ ended }) => ended),
    figure('requests', TOLERANCE.requests, (outcome) => outcome.requests),
    figure('most requests in any 60 s', TOLERANCE.requests, ({ maxIn60s }) => maxIn60s),
    ...(['p50', 'p95'] as const).flatMap((at) => [
      figure(`a write waits, ${at}, ms`, TOLERANCE.ms, (outcome) => outcome.write[at]),
      figure(`from a step's end to the next task, ${at}, ms`, TOLERANCE.ms, (outcome) => outcome.handover[at]),
      figure(`a claim takes, ${at}, ms`, TOLERANCE.ms, (outcome) => outcome.claim[at]),
    ]),
  ];
}

/** The whole product but its lease: the gateway is made here, so that each write can be timed. */
function runForReal(scenario: Scenario): Promise<Outcome> {
  const { seed, claimsADay, requestsPerMinute, batch, minutesAStep } = scenario;
  const writes: number[] = [];
  const durations: number[] = [];
  const thinkMs = minutesAStep * MINUTE_MS;
  const team = {
    seed,
    thinkMs: [thinkMs / 2, 1.5 * thinkMs] as [number, number],
    decide: () => ({ decision: 'approve' }),
  };
  const options = {
    sandbox: { team, behaviour: { rateLimit: requestsPerMinute } },
    gateway: { requestsPerMinute, maxBatch: batch, onAcknowledged: (ms: number) => void writes.push(ms) },
  };
  return withTemporal(({ client: temporal, address: _address, pid: _pid, ...place }) =>
    withFragment(options, async ({ sandbox, client, gateway }) => {
      const handover = handovers(sandbox);
      const processes = [claimProcess({ url: sandbox.paymentsUrl, token: TOKEN })];
      const workers = [
        await processesWorker(place, { workflows: workflowSource({ encrypted: false, traced: false }), processes }),
        await gatewayWorker(place, { gateway, client, temporal, processes }),
      ];
      const claims = new Claims(temporal);
      await whileWorking(workers, async () => {
        await ensureFeed(temporal);
        const one = async (n: number) => {
          await sleep(arrivalOf(scenario, 0, n));
          const began = performance.now();
          const id = `check-${n}`;
          await claims.start({ id, total: { amount: 10_000, currency: 'USD' } });
          await claims.result(id);
          durations.push(performance.now() - began);
        };
        await Promise.all(Array.from({ length: claimsADay }, (_, n) => one(n)));
      });
      const { requests, maxIn60s } = sandbox.stats();
      return {
        ended: durations.length,
        requests,
        maxIn60s,
        write: percentiles(writes),
        handover: percentiles(handover),
        claim: percentiles(durations),
      };
    }),
  );
}

/** From a task's completion by a person to the creation of the claim's next one, as they come. */
function handovers({ tasks }: Sandbox): number[] {
  const doneAt = new Map<unknown, number>();
  const took: number[] = [];
  tasks.subscribe(({ fields }, { what, status }) => {
    const done = doneAt.get(fields.claim_id);
    if (what === 'created' && done !== undefined) took.push(tasks.now() - done);
    if (what === 'updated' && status === 'DONE') doneAt.set(fields.claim_id, tasks.now());
  });
  return took;
}
