import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { leaseStatus } from '../../cli/lease-status.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { Onboardings } from '../../client/index.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { startFlows, type RunningFlows } from '../cli/flows.js';
import { until } from '../until.js';

const TOKEN = 'test-token';
/** Writes of each test, twelve requests. */
const COUNT = 48;
/** Half of what Fragment allows, and batches of four: two writes a second, so that they outlast what is done to their senders. */
const LIMIT = 30;
const BATCH = 4;
/** Writes come two a second, and a lease changes hands within seconds. */
const patience = { withinMs: 120_000, everyMs: 20 };

describe('Two gateways of one account, as processes', function () {
  this.timeout(600_000);
  let server: DevServer;
  let sandbox: Sandbox;
  let temporal: Client;
  const workers: RunningFlows[] = [];

  before(async () => {
    server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
    sandbox = await startSandbox({ token: TOKEN, team: false, behaviour: { noopTouches: true, rateLimit: LIMIT } });
    temporal = new Client({ connection: await Connection.connect({ address: server.address }) });
    for (const role of ['processes', 'gateway', 'gateway']) startWorker(role);
  });

  after(async () => {
    for (const worker of workers) worker.child.kill('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    await temporal?.connection.close();
    await sandbox?.close();
    await server?.stop();
  });

  // Every write leaves its mark in the history of its task, even one that changes nothing.
  it('send as one: whoever sends may be killed or told to stop, and every task is written once, within the limit', async () => {
    const first = await holderOtherThan(undefined);
    await startOnboardings('u');

    // Killed with a request under way, which Fragment carries out, and most of the writes in its memory.
    await until(() => sandbox.tasks.all().length >= 12, patience);
    sandbox.faults.add({ kind: 'delay', delayMs: 1_500, times: 1, match: { method: 'PUT' } });
    await until(() => sandbox.stats().faultsTaken === 1, patience);
    first.child.kill('SIGKILL');
    let began = performance.now();
    startWorker('gateway');
    const second = await holderOtherThan(first);
    console.log(`      taken over ${seconds(began)} s after SIGKILL`);

    await until(() => sandbox.tasks.all().length >= 32, patience);
    began = performance.now();
    const { code } = await Promise.all([second.stop('SIGTERM'), holderOtherThan(second)]).then(([ended, third]) => {
      assert.notEqual(third, second);
      return ended;
    });
    console.log(`      taken over ${seconds(began)} s after SIGTERM`);
    assert.equal(code, 0);

    await endOf('u');
    console.log(`      all acknowledged ${seconds(began)} s after SIGTERM`);
    eachWrittenOnce(COUNT);
  });

  it('stop sending while Temporal does not answer them, since the other might have the lease, and go on when it does', async () => {
    const before = sandbox.tasks.all().length;
    await startOnboardings('late');
    await inMemory();
    const sent = sandbox.tasks.all().length;
    process.kill(server.pid, 'SIGSTOP');
    try {
      for (let requests = -1; requests !== sandbox.stats().requests; await sleep(4_000))
        requests = sandbox.stats().requests;
      // Whether our deadline or the SDK's own time-out ended it cannot be told here: test/activities/lease-deadline.test.ts can.
      assert.ok(sandbox.tasks.all().length <= sent + 3 * BATCH, `${sandbox.tasks.all().length - sent} more were sent`);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await endOf('late');
    eachWrittenOnce(before + COUNT);
  });

  it('one that was suspended wakes to a lost lease, and sends nothing of what it still holds', async () => {
    const before = sandbox.tasks.all().length;
    startWorker('gateway');
    const asleep = await holderOtherThan(undefined);
    await startOnboardings('asleep');
    await inMemory();
    asleep.child.kill('SIGSTOP');
    const sent = sandbox.tasks.all().length;
    try {
      await holderOtherThan(asleep);
      // More than one request that was on its way: some of what the suspended one holds was sent by the other.
      await until(() => sandbox.tasks.all().length >= sent + 2 * BATCH, patience);
    } finally {
      asleep.child.kill('SIGCONT');
    }
    await endOf('asleep');
    eachWrittenOnce(before + COUNT);
  });

  async function startOnboardings(name: string): Promise<void> {
    const onboardings = new Onboardings(temporal);
    await Promise.all(users(name).map((userId, n) => onboardings.start({ userId, fields: { n } })));
  }

  async function endOf(name: string): Promise<void> {
    for (const userId of users(name)) await temporal.workflow.getHandle(`onboarding-${userId}`).result();
  }

  /** Waits until half of the writes are in the sender's memory, where it needs nobody to go on; so it said, seconds ago. */
  async function inMemory(): Promise<void> {
    await until(async () => ((await leaseStatus(temporal)).gateway?.waiting ?? 0) >= COUNT / 2, patience);
  }

  function eachWrittenOnce(count: number): void {
    const tasks = sandbox.tasks.all();
    assert.equal(tasks.length, count);
    for (const { uid } of tasks) {
      assert.equal(sandbox.tasks.detail(uid)?.history.length, 1, `${uid} was written more than once`);
    }
    const { s429, maxIn60s } = sandbox.stats();
    assert.equal(s429, 0);
    assert.ok(maxIn60s <= LIMIT, `${maxIn60s} requests in a minute`);
  }

  function startWorker(role: string): void {
    const env = {
      TEMPORAL_ADDRESS: server.address,
      FRAGMENT_API_URL: sandbox.apiUrl,
      FRAGMENT_API_TOKEN: TOKEN,
      FRAGMENT_REQUESTS_PER_MINUTE: `${LIMIT}`,
      FRAGMENT_MAX_BATCH: `${BATCH}`,
    };
    workers.push(startFlows(['worker', '--role', role], { env }));
  }

  /** Waits until a worker of ours, other than that one, holds the lease. */
  async function holderOtherThan(other: RunningFlows | undefined): Promise<RunningFlows> {
    return until(async () => {
      const { held, holder = '' } = await leaseStatus(temporal);
      const worker = workers.find(({ child }) => held && holder.startsWith(`${child.pid}@`));
      return worker === other ? undefined : worker;
    }, patience);
  }
});

const users = (name: string): string[] => Array.from({ length: COUNT }, (_, n) => `${name}${n}`);
const seconds = (began: number): string => ((performance.now() - began) / 1_000).toFixed(1);
