import { Worker } from '@temporalio/worker';
import { workflowsAt } from '../worker/bundle.js';
import { GATEWAY_SIZING, gatewayWorker, PROCESSES_SIZING } from '../worker/workers.js';
import { closedLoop } from './closed-loop.js';
import { floorOf, MAX_BATCH, REQUESTS_PER_MINUTE, withFragment } from './fragment.js';
import { round, type Outcome, type Section, type Size } from './section.js';
import { cpuSeconds, ownCpuSeconds, sizing, whileWorking, withTemporal } from './temporal.js';

/** Below the worker's cache of 500, or each step would replay its workflow. */
const SIZES = {
  full: { atOnce: 450, warmUpSeconds: 30, seconds: 300 },
  quick: { atOnce: 100, warmUpSeconds: 2, seconds: 5 },
};
const QUEUE = 'bench-writes';
const WRITES_EACH = 3;

/** Writes through workflows, for minutes: each creates a task, starts it and closes it, one activity after the other. */
export const sustained: Section = { name: 'sustained', run };

function run(size: Size): Promise<Outcome> {
  const { atOnce, warmUpSeconds, seconds } = SIZES[size];
  return withTemporal(({ client: temporal, pid, ...place }) =>
    withFragment({}, async ({ sandbox, client, gateway }) => {
      const workers = [
        await Worker.create({
          ...place,
          ...PROCESSES_SIZING,
          taskQueue: QUEUE,
          ...workflowsAt(new URL('workflows.js', import.meta.url)),
        }),
        await gatewayWorker(place, { gateway, client, temporal, processes: [] }),
      ];
      const window = await whileWorking(workers, () =>
        closedLoop({
          atOnce,
          warmUpSeconds,
          seconds,
          one: (n) =>
            temporal.workflow.execute('writes', {
              taskQueue: QUEUE,
              workflowId: `writes-${n}`,
              args: [`writes#${n}`, WRITES_EACH],
            }),
          snapshot: async () => ({
            ...gateway.stats(),
            serverCpu: await cpuSeconds(pid),
            ownCpu: ownCpuSeconds(),
            eventLoop: performance.eventLoopUtilization(),
          }),
        }),
      );
      const { from, to } = window;
      const writes = to.writes - from.writes;
      const requests = to.requests - from.requests;
      return {
        configuration: {
          'workflows at once': atOnce,
          'writes of each': WRITES_EACH,
          seconds,
          'requests a minute': REQUESTS_PER_MINUTE,
          'writes in a request': MAX_BATCH,
          ...sizing(PROCESSES_SIZING),
          ...sizing(GATEWAY_SIZING),
        },
        figures: [
          { what: 'writes', value: round(writes / window.seconds), unit: 'writes/s', atLeast: 85 },
          { what: 'workflows', value: round(window.ended / window.seconds), unit: 'workflows/s' },
          {
            what: 'batch fill',
            value: round((to.batchedWrites - from.batchedWrites) / (to.batches - from.batches)),
            unit: `of ${MAX_BATCH}`,
          },
          {
            what: 'requests over the least possible',
            value: round(requests / floorOf(writes), 2),
            unit: '×',
            atMost: 1.1,
          },
          { what: 'answers 429', value: sandbox.stats().s429, unit: 'answers', atMost: 0 },
          {
            what: 'processor, Temporal dev server',
            value: cores(to.serverCpu - from.serverCpu, window),
            unit: 'cores',
          },
          {
            what: "the workers' event loop, busy",
            value: round(100 * performance.eventLoopUtilization(to.eventLoop, from.eventLoop).utilization),
            unit: '%',
          },
          {
            what: 'processor, workers, driver and sandbox',
            value: cores(to.ownCpu - from.ownCpu, window),
            unit: 'cores',
          },
        ],
        raw: { window, sandbox: sandbox.stats() },
      };
    }),
  );
}

function cores(cpuSecondsUsed: number, { seconds }: { seconds: number }): number {
  return round(cpuSecondsUsed / seconds, 2);
}
