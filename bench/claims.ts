import { Worker } from '@temporalio/worker';
import { createPaymentActivities } from '../activities/index.js';
import { Claims } from '../client/index.js';
import { workflowsAt } from '../worker/bundle.js';
import { GATEWAY_SIZING, PROCESSES_SIZING } from '../worker/workers.js';
import { claimWorkflowId } from '../workflows/claim/contract.js';
import { PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { createBareActivities } from './bare-activities.js';
import { closedLoop } from './closed-loop.js';
import { clientOf, TOKEN } from './fragment.js';
import { countHistory } from './history.js';
import { APPROVING, withProduct, type Product } from './product.js';
import { round, type Outcome, type Section, type Size } from './section.js';
import { cpuSeconds, ownCpuSeconds, sizing, whileWorking } from './temporal.js';
import type { BareShape } from './workflows.js';

const SIZES = {
  // The warm-up is half as long again as a claim takes in a loop of this size: 150 at 8 a second.
  full: { rounds: 2, atOnce: 150, warmUpSeconds: 30, seconds: 45 },
  quick: { rounds: 1, atOnce: 5, warmUpSeconds: 1, seconds: 3 },
};
const QUEUE = 'bench-bare';
const REMOTE_QUEUE = 'bench-bare-remote';
/** As often as the feed is told to look. */
const SIGNAL_EVERY_MS = 1_000;
/**
 * Four times Fragment's limit. At its own, a loop as small as this waits for Fragment, not for the processor; without one,
 * each write would be a request by itself, as no account of Fragment's allows.
 */
const REQUESTS_PER_MINUTE = 240;
const KINDS = ['bare', 'byHand', 'ours'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Claims a second beside a bare Temporal workflow with as many activities and signals, whose activities do nothing; and
 * beside one by hand, whose activities make a claim's requests and which lists find by its step. In turns on the same
 * server, with the same settings, so that what disturbs the machine disturbs all: once each way, since the server becomes
 * slower with all that it holds, and after a turn of each that is not counted, since code is compiled as it is first run.
 */
export const claims: Section = { name: 'claims', run };

function run(size: Size): Promise<Outcome> {
  return withProduct((product) => measure(size, product), { team: APPROVING, requestsPerMinute: REQUESTS_PER_MINUTE });
}

async function measure(size: Size, product: Product): Promise<Outcome> {
  const { client, connection, namespace, pid, sandbox } = product;
  const { rounds, ...loop } = SIZES[size];
  const ours = new Claims(client);
  const shape = await shapeOfClaim(ours, product);
  const opened: string[] = [];
  const activities = createBareActivities({
    opened: (workflowId) => opened.push(workflowId),
    client: clientOf(sandbox),
    payments: createPaymentActivities({ url: sandbox.paymentsUrl, token: TOKEN }),
  });
  const place = { connection, namespace };
  const workers = [
    await Worker.create({
      ...place,
      ...PROCESSES_SIZING,
      taskQueue: QUEUE,
      activities,
      ...workflowsAt(new URL('workflows.js', import.meta.url)),
    }),
    await Worker.create({ ...place, ...GATEWAY_SIZING, taskQueue: REMOTE_QUEUE, activities }),
  ];
  const signals = setInterval(() => {
    for (const workflowId of opened.splice(0))
      void client.workflow
        .getHandle(workflowId)
        .signal('bare')
        .catch(() => undefined);
  }, SIGNAL_EVERY_MS);
  const snapshot = async () => ({ serverCpu: await cpuSeconds(pid), ownCpu: ownCpuSeconds() });

  const turns: Record<Kind, Turn[]> = { bare: [], byHand: [], ours: [] };
  let begun = 0;
  const turn = (kind: Kind, length: Pick<typeof loop, 'warmUpSeconds' | 'seconds'>) => {
    begun += 1;
    const bareOne = (workflowId: string) =>
      client.workflow.execute('bare', {
        taskQueue: QUEUE,
        workflowId,
        args: [{ ...shape, byHand: kind === 'byHand' }],
      });
    const ourOne = async (id: string) => {
      await ours.start({ id, total: { amount: 80_000, currency: 'USD' } });
      await ours.result(id);
    };
    const one = kind === 'ours' ? ourOne : bareOne;
    const prefix = `${kind}-${begun}`;
    return closedLoop({ ...loop, ...length, snapshot, one: (n) => one(`${prefix}-${n}`) });
  };
  await whileWorking(workers, async () => {
    for (const kind of KINDS) await turn(kind, { warmUpSeconds: 0, seconds: loop.warmUpSeconds / 2 });
    for (let n = 0; n < rounds; n += 1) {
      for (const kind of n % 2 === 0 ? KINDS : KINDS.toReversed()) turns[kind].push(asTurn(await turn(kind, loop)));
    }
  }).finally(() => clearInterval(signals));

  const rate = (of: Turn[]) =>
    of.reduce((sum, { ended }) => sum + ended, 0) / of.reduce((sum, each) => sum + each.seconds, 0);
  const [bareRate, byHandRate, ourRate] = [rate(turns.bare), rate(turns.byHand), rate(turns.ours)];
  return {
    configuration: {
      ...loop,
      'turns of each': rounds,
      'requests a minute': REQUESTS_PER_MINUTE,
      'activities of each': shape.remote + shape.local,
      'signals of each': shape.signals,
      ...sizing(PROCESSES_SIZING),
      ...sizing(GATEWAY_SIZING),
    },
    figures: [
      { what: 'claims', value: round(ourRate, 2), unit: 'a second' },
      { what: 'bare workflows', value: round(bareRate, 2), unit: 'a second' },
      { what: 'the same by hand', value: round(byHandRate, 2), unit: 'a second' },
      { what: 'claims beside the same by hand', value: round(ourRate / byHandRate, 2), unit: '×' },
      { what: 'claims beside bare workflows', value: round(ourRate / bareRate, 2), unit: '×', atLeast: 0.8 },
    ],
    raw: {
      shape,
      turns,
      bareHistory: await countHistory(client, 'bare-1-0'),
      claimHistory: await countHistory(client, claimWorkflowId('ours-3-0')),
      fragment: sandbox.stats(),
    },
  };
}

/** One claim is run and counted, so that the bare workflow stays its equal however the kit changes. */
async function shapeOfClaim(ours: Claims, { client }: Product): Promise<Omit<BareShape, 'byHand'>> {
  await ours.start({ id: 'shape', total: { amount: 80_000, currency: 'USD' } });
  await ours.result('shape');
  const { byType, activitiesByQueue } = await countHistory(client, claimWorkflowId('shape'));
  const { [PROCESSES_QUEUE]: local = 0, ...others } = activitiesByQueue;
  const remote = Object.values(others).reduce((sum, each) => sum + each, 0);
  return { signals: byType.workflowExecutionSignaled ?? 0, remote, local, remoteQueue: REMOTE_QUEUE };
}

interface Cpu {
  serverCpu: number;
  ownCpu: number;
}

type Turn = ReturnType<typeof asTurn>;

function asTurn({
  from,
  to,
  ended,
  seconds,
  left,
}: {
  from: Cpu;
  to: Cpu;
  ended: number;
  seconds: number;
  left: number;
}) {
  const ms = (used: number) => round((used * 1000) / Math.max(1, ended));
  return {
    ended,
    seconds: round(seconds, 2),
    left,
    serverCpuMsEach: ms(to.serverCpu - from.serverCpu),
    ownCpuMsEach: ms(to.ownCpu - from.ownCpu),
  };
}
