import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { Claims } from '../../client/index.js';
import { setBackdrop, type Backdrop } from '../cli/backdrop.js';
import type { RunningFlows } from '../cli/flows.js';
import { until } from '../until.js';

const STEPS = ['data_entry', 'review', 'payment'];
const CLAIMS = 6;

/** Workers are processes here, and die as processes do. */
describe('a worker that is ended', function () {
  // After a kill, Temporal waits out the time-outs of what the dead worker held before it hands it to the next one.
  this.timeout(1_200_000);
  let backdrop: Backdrop;
  let temporal: Client;
  let claims: Claims;

  beforeEach(async () => {
    backdrop = await setBackdrop();
    temporal = new Client({ connection: await Connection.connect({ address: backdrop.env.TEMPORAL_ADDRESS }) });
    claims = new Claims(temporal);
  });
  afterEach(async () => {
    await temporal?.connection.close();
    await backdrop?.stop();
  });

  async function start(worker: RunningFlows): Promise<string[]> {
    const ids = Array.from({ length: CLAIMS }, (_, at) => `claim-${at}`);
    await Promise.all(ids.map((id) => claims.start({ id, total: { amount: 40_000, currency: 'USD' } })));
    const asked = () => backdrop.sandbox.stats().requests > 0;
    await until(() => asked() || worker.child.exitCode !== null, { what: 'the first request', everyMs: 20 });
    assert.ok(asked(), 'the worker ended before its first request');
    return ids;
  }

  /** Everybody answers, whoever made the task and when. */
  function answerAll(): () => void {
    const { tasks } = backdrop.sandbox;
    const timer = setInterval(() => {
      for (const { uid, status, fields } of tasks.all()) {
        if (status !== 'TODO') continue;
        const form_data = fields.step === 'review' ? { decision: 'approve' } : {};
        tasks.apply('PATCH', { uid, status: 'DONE', form_data }, 'ada@example.com');
      }
    }, 100);
    return () => clearInterval(timer);
  }

  async function finishOnAnotherWorker(ids: string[], env: Record<string, string> = {}): Promise<void> {
    const stopAnswering = answerAll();
    const next = await backdrop.worker(env);
    try {
      for (const id of ids) assert.equal((await claims.result(id)).outcome, 'paid', id);
    } finally {
      stopAnswering();
    }
    const all = backdrop.sandbox.tasks.all();
    for (const id of ids) {
      const steps = all.filter(({ fields }) => fields.claim_id === id).map(({ fields }) => String(fields.step));
      assert.deepEqual(steps.toSorted(), STEPS.toSorted(), `${id}: one task for each step`);
    }
    assert.equal(all.length, ids.length * STEPS.length);
    assert.ok(all.every(({ status }) => status === 'DONE'));
    const stats = backdrop.sandbox.stats();
    assert.equal(stats.s429, 0);
    assert.ok(stats.maxIn60s <= 60, `${stats.maxIn60s} requests in 60 s`);
    assert.equal((await next.stop('SIGTERM')).code, 0);
  }

  const inFlight = { kind: 'delay', delayMs: 3_000, match: { method: 'PUT', path: '/tasks*' } } as const;

  it('by SIGTERM, with a request in flight and writes waiting: it ends with 0, and the next one finishes the claims', async () => {
    const { faults, tasks } = backdrop.sandbox;
    faults.add(inFlight);
    const worker = await backdrop.worker();
    const ids = await start(worker);
    await until(() => faults.taken > 0, { what: 'a write in flight', everyMs: 20 });
    assert.equal(tasks.all().length, 0, 'the request is still on its way');

    const { code, signal, stderr } = await worker.stop('SIGTERM');
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
    assert.match(stderr, /worker stopped/);
    // What was in flight has arrived: a worker that goes does not leave its answer unread.
    assert.ok(tasks.all().length > 0);
    await finishOnAnotherWorker(ids);
  });

  it('by SIGTERM, while Fragment answers nobody: it ends with 0 all the same', async () => {
    const { faults } = backdrop.sandbox;
    faults.add({ kind: 'status', status: 503, times: 1_000 });
    const worker = await backdrop.worker();
    const ids = await start(worker);
    const { code, stderr } = await worker.stop('SIGTERM');
    assert.equal(code, 0, stderr);
    faults.clear();
    await finishOnAnotherWorker(ids);
  });

  it('by SIGTERM, while a payment is under way: it waits for the answer, and the money moves once', async () => {
    const { faults, ledger } = backdrop.sandbox;
    faults.add({ kind: 'delay', delayMs: 4_000, times: 1, match: { method: 'POST', path: '/payments' } });
    const provider = { PAYMENTS_URL: backdrop.sandbox.paymentsUrl, PAYMENTS_TOKEN: 'test-token' };
    const worker = await backdrop.worker(provider);
    const ids = await start(worker);
    const stopAnswering = answerAll();
    await until(() => faults.taken > 0, { what: 'a payment under way', everyMs: 20 });
    const { code, stderr } = await worker.stop('SIGTERM');
    stopAnswering();
    assert.equal(code, 0, stderr);
    assert.ok(ledger.payments().length > 0, 'the worker did not wait for it');
    await finishOnAnotherWorker(ids, provider);
    assert.deepEqual(
      ledger
        .payments()
        .map(({ claim_id: id, status }) => `${id} ${status}`)
        .toSorted(),
      ids.map((id) => `${id} paid`),
    );
  });

  it('by SIGKILL, with a request in flight: the next one finishes the claims, with one task for each step', async () => {
    const { faults } = backdrop.sandbox;
    faults.add(inFlight);
    const worker = await backdrop.worker();
    const ids = await start(worker);
    await until(() => faults.taken > 0, { what: 'a write in flight', everyMs: 20 });
    assert.equal((await worker.stop('SIGKILL')).signal, 'SIGKILL');
    await finishOnAnotherWorker(ids);
  });
});
