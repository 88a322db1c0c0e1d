import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { leaseStatus } from '../../cli/lease-status.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { Onboardings } from '../../client/index.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { startFlows, type RunningFlows } from '../cli/flows.js';

const TOKEN = 'test-token';
const COUNT = 60;
/** By one that is suspended. */
const HELD = 60;

describe('Two gateways of one account, as processes', function () {
  this.timeout(300_000);
  let server: DevServer;
  let sandbox: Sandbox;
  let temporal: Client;
  const workers: RunningFlows[] = [];

  before(async () => {
    server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
    sandbox = await startSandbox({ token: TOKEN, team: false, behaviour: { noopTouches: true } });
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
    const onboardings = new Onboardings(temporal);
    for (let n = 0; n < COUNT; n += 1) await onboardings.start({ userId: `u${n}`, fields: { n } });

    // Killed with a request under way, which Fragment carries out, and most of the writes in its memory.
    await until(() => sandbox.tasks.all().length >= 12);
    sandbox.faults.add({ kind: 'delay', delayMs: 1_500, times: 1, match: { method: 'PUT' } });
    await until(() => sandbox.stats().faultsTaken === 1);
    first.child.kill('SIGKILL');
    let began = performance.now();
    startWorker('gateway');
    const second = await holderOtherThan(first);
    console.log(`      taken over ${seconds(began)} s after SIGKILL`);

    await until(() => sandbox.tasks.all().length >= 32);
    began = performance.now();
    const { code } = await Promise.all([second.stop('SIGTERM'), holderOtherThan(second)]).then(([ended, third]) => {
      assert.notEqual(third, second);
      return ended;
    });
    console.log(`      taken over ${seconds(began)} s after SIGTERM`);
    assert.equal(code, 0);

    for (let n = 0; n < COUNT; n += 1) await temporal.workflow.getHandle(`onboarding-u${n}`).result();
    console.log(`      all acknowledged ${seconds(began)} s after SIGTERM`);
    eachWrittenOnce(COUNT);
  });

  it('stop sending while Temporal does not answer them, since the other might have the lease, and go on when it does', async () => {
    const onboardings = new Onboardings(temporal);
    const before = sandbox.tasks.all().length;
    for (let n = 0; n < COUNT; n += 1) await onboardings.start({ userId: `late${n}`, fields: { n } });
    // In the sender's memory, so that it needs nobody to go on.
    while (((await leaseStatus(temporal)).gateway?.waiting ?? 0) < COUNT / 3) await sleep(50);
    const sent = sandbox.tasks.all().length;
    process.kill(server.pid, 'SIGSTOP');
    try {
      for (let requests = -1; requests !== sandbox.stats().requests; await sleep(4_000))
        requests = sandbox.stats().requests;
      // Whether our deadline or the SDK's own time-out ended it cannot be told here: test/activities/lease-deadline.test.ts can.
      assert.ok(sandbox.tasks.all().length <= sent + 24, `${sandbox.tasks.all().length - sent} more were sent`);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    for (let n = 0; n < COUNT; n += 1) await temporal.workflow.getHandle(`onboarding-late${n}`).result();
    eachWrittenOnce(before + COUNT);
  });

  it('one that was suspended wakes to a lost lease, and sends nothing of what it still holds', async () => {
    const before = sandbox.tasks.all().length;
    startWorker('gateway');
    const asleep = await holderOtherThan(undefined);
    const onboardings = new Onboardings(temporal);
    for (let n = 0; n < HELD; n += 1) await onboardings.start({ userId: `asleep${n}`, fields: { n } });
    while (((await leaseStatus(temporal)).gateway?.waiting ?? 0) < HELD / 3) await sleep(50);
    asleep.child.kill('SIGSTOP');
    try {
      await holderOtherThan(asleep);
      const taken = sandbox.tasks.all().length;
      await until(() => sandbox.tasks.all().length >= taken + 4);
    } finally {
      asleep.child.kill('SIGCONT');
    }
    for (let n = 0; n < HELD; n += 1) await temporal.workflow.getHandle(`onboarding-asleep${n}`).result();
    eachWrittenOnce(before + HELD);
  });

  function eachWrittenOnce(count: number): void {
    const tasks = sandbox.tasks.all();
    assert.equal(tasks.length, count);
    for (const { uid } of tasks) {
      assert.equal(sandbox.tasks.detail(uid)?.history.length, 1, `${uid} was written more than once`);
    }
    const { s429, maxIn60s } = sandbox.stats();
    assert.equal(s429, 0);
    assert.ok(maxIn60s <= 60, `${maxIn60s} requests in a minute`);
  }

  function startWorker(role: string): void {
    const env = {
      TEMPORAL_ADDRESS: server.address,
      FRAGMENT_API_URL: sandbox.apiUrl,
      FRAGMENT_API_TOKEN: TOKEN,
      // Small, so that the writes outlast what is done to their senders.
      FRAGMENT_MAX_BATCH: '4',
    };
    workers.push(startFlows(['worker', '--role', role], { env }));
  }

  /** Waits until a worker of ours, other than that one, holds the lease. */
  async function holderOtherThan(other: RunningFlows | undefined): Promise<RunningFlows> {
    for (;;) {
      const { held, holder = '' } = await leaseStatus(temporal);
      const worker = workers.find(({ child }) => held && holder.startsWith(`${child.pid}@`));
      if (worker && worker !== other) return worker;
      await sleep(50);
    }
  }
});

const seconds = (began: number): string => ((performance.now() - began) / 1_000).toFixed(1);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}
