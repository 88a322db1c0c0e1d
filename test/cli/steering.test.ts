import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { Claims, type ClaimState, type ListedClaim } from '../../client/index.js';
import { setBackdrop, type Backdrop } from './backdrop.js';
import { until } from '../until.js';
import { flows } from './flows.js';

const IDS = ['completed', 'withdrawn', 'parked', 'skipped'];

/** Every verb of the command line, against a Temporal server, a sandbox and a worker as processes of their own. */
describe('flows claim and flows onboarding, on a running worker', function () {
  this.timeout(300_000);
  let backdrop: Backdrop;
  let temporal: Client;
  before(async () => {
    backdrop = await setBackdrop({ ledger: { refuse: ['parked', 'skipped'] } });
    await backdrop.worker({ PAYMENTS_URL: backdrop.sandbox.paymentsUrl, PAYMENTS_TOKEN: 'test-token' });
    temporal = new Client({ connection: await Connection.connect({ address: backdrop.env.TEMPORAL_ADDRESS }) });
    const input = IDS.map((id) => JSON.stringify({ id, total: { amount: 40_000, currency: 'USD' } })).join('\n');
    const { claims } = await json<{ claims: object[] }>(['claim', 'start', '-'], input);
    assert.equal(claims.length, IDS.length);
  });
  after(async () => {
    await temporal?.connection.close();
    await backdrop?.stop();
  });

  async function json<T>(args: string[], input?: string, code = 0): Promise<T> {
    const ended = await flows([...args, '--json'], { env: backdrop.env, input });
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
    return JSON.parse(ended.stdout) as T;
  }

  const complete = (id: string, step: string, ...more: string[]) =>
    json<ClaimState>(['claim', 'complete', id, '--step', step, '--by', 'ada@example.com', ...more]);

  const claimIs = (id: string, holds: (state: ClaimState) => boolean): Promise<ClaimState> =>
    until(
      async () => {
        const state = await new Claims(temporal).state(id);
        return holds(state) ? state : undefined;
      },
      { what: `${id}: ${String(holds)}`, withinMs: 120_000 },
    );
  /** A step begins before its task is there and anybody is waited for. */
  const waitsFor = (id: string, step: string) =>
    claimIs(id, ({ steps }) => steps.at(-1)?.step === step && steps.at(-1)?.status === 'waiting');

  /** To where the ledger is asked. */
  async function approve(id: string): Promise<void> {
    await waitsFor(id, 'data_entry');
    await complete(id, 'data_entry');
    await waitsFor(id, 'review');
    await complete(id, 'review', '--decision', 'approve');
  }

  /** To where the ledger has refused. */
  async function park(id: string): Promise<void> {
    await approve(id);
    await claimIs(id, (state) => state.needsAttention !== undefined);
  }

  /** A claim of one test's own, to its end. */
  async function toEnd(id: string, how: 'paid' | 'withdrawn'): Promise<string> {
    const input = JSON.stringify({ id, total: { amount: 40_000, currency: 'USD' } });
    await json(['claim', 'start', '-'], input);
    if (how === 'paid') await approve(id);
    else await json(['claim', 'withdraw', id, '--reason', 'sent twice']);
    await claimIs(id, (state) => state.outcome !== undefined);
    return input;
  }

  const openTasks = (id: string) =>
    backdrop.sandbox.tasks.all().filter(({ fields, status }) => fields.claim_id === id && status !== 'DONE');

  it('complete: step by step to the payment', async () => {
    await waitsFor('completed', 'data_entry');
    const begun = await json<ClaimState>(['claim', 'show', 'completed']);
    assert.deepEqual([begun.step, begun.lifecycle], ['data_entry', 'task-per-step']);
    await complete('completed', 'data_entry', '--corrections', '{"provider": "p-2"}');
    await waitsFor('completed', 'review');
    await complete('completed', 'review', '--decision', 'approve', '--note', 'all there');
    const { outcome, audit } = await claimIs('completed', (state) => state.outcome !== undefined);
    assert.equal(outcome, 'paid');
    assert.ok(audit.some(({ by, step }) => by === 'ada@example.com' && step === 'review'));
    assert.deepEqual(openTasks('completed'), []);

    const again = await flows(['claim', 'complete', 'completed', '--step', 'review', '--decision', 'reject'], {
      env: backdrop.env,
    });
    assert.equal(again.code, 1);
    assert.match(
      again.stderr,
      /^error: claim completed: its process has ended \(completed\), so nothing was changed$/m,
    );
  });

  it('due: the due date moves, in Fragment too; what is no instant ahead is refused', async () => {
    const { steps: before } = await claimIs('withdrawn', (state) => state.steps[0]?.due !== undefined);
    const at = new Date(Date.parse(String(before[0]?.due)) + 86_400_000).toISOString();
    const due = ['claim', 'due', 'withdrawn', '--reason', 'the clinic asked', '--by', 'ops@example.com'];
    const { steps, audit } = await json<ClaimState>([...due, '--at', at]);
    assert.equal(steps[0]?.due, at);
    const entry = audit.at(-1);
    assert.deepEqual([entry?.what, entry?.by, entry?.channel], [`due date moved to ${at}`, 'ops@example.com', 'cli']);
    assert.deepEqual(
      openTasks('withdrawn').map((task) => Date.parse(String(task.due_at))),
      [Date.parse(at)],
    );

    for (const [instant, why] of [
      ['tomorrow', /instant/],
      ['2001-01-01T10:00:00Z', /in the future/],
    ] as const) {
      const { code, stderr } = await flows([...due, '--at', instant], { env: backdrop.env });
      assert.equal(code, 2, instant);
      assert.match(stderr, why);
    }
    assert.equal((await json<ClaimState>(['claim', 'show', 'withdrawn'])).steps[0]?.due, at);
  });

  it('withdraw: the claim ends, its task is closed', async () => {
    await waitsFor('withdrawn', 'data_entry');
    await json(['claim', 'withdraw', 'withdrawn', '--reason', 'sent twice', '--by', 'intake@example.com']);
    const { outcome } = await claimIs('withdrawn', (state) => state.outcome !== undefined);
    assert.equal(outcome, 'withdrawn');
    assert.deepEqual(openTasks('withdrawn'), []);
  });

  it('65: retry: what parked is listed as what needs attention, is tried again, and goes through', async () => {
    await park('parked');
    const needsAttention = async () => {
      const { claims } = await json<{ claims: ListedClaim[] }>(['claim', 'list']);
      return claims.filter((claim) => claim.needsAttention).map(({ claimId }) => claimId);
    };
    // Visibility trails the processes by a moment.
    await until(async () => (await needsAttention()).includes('parked'));
    backdrop.sandbox.ledger.rules.refuse = ['skipped'];
    await json(['claim', 'retry', 'parked', '--by', 'ops@example.com']);
    assert.equal((await claimIs('parked', (state) => state.outcome !== undefined)).outcome, 'paid');
    assert.equal(backdrop.sandbox.ledger.payments().filter(({ claim_id }) => claim_id === 'parked').length, 1);
  });

  it('skip: the payment that parked is given up, and the claim ends as failed, for the reason that was given', async () => {
    await park('skipped');
    await json(['claim', 'skip', 'skipped', '--reason', 'paid by cheque', '--by', 'ops@example.com']);
    const { outcome, audit } = await claimIs('skipped', (state) => state.outcome !== undefined);
    assert.equal(outcome, 'failed');
    assert.deepEqual(
      audit.flatMap(({ what, why, by }) => (what === 'skipped' ? [[why, by]] : [])),
      [['paid by cheque', 'ops@example.com']],
    );
    assert.deepEqual(
      backdrop.sandbox.ledger.payments().filter(({ claim_id }) => claim_id === 'skipped'),
      [],
    );
    assert.deepEqual(openTasks('skipped'), []);
  });

  it('list: every claim with its outcome; for people as a table', async () => {
    await toEnd('listed-paid', 'paid');
    await toEnd('listed-withdrawn', 'withdrawn');
    let claims: ListedClaim[] = [];
    const listed = (id: string) => claims.find(({ claimId }) => claimId === id);
    // Visibility trails the processes by a moment.
    await until(async () => {
      ({ claims } = await json<{ claims: ListedClaim[] }>(['claim', 'list']));
      return ['listed-paid', 'listed-withdrawn'].every((id) => listed(id)?.status === 'COMPLETED');
    });
    assert.equal(listed('listed-paid')?.outcome, 'paid');
    assert.equal(listed('listed-withdrawn')?.outcome, 'withdrawn');
    for (const id of IDS) assert.ok(listed(id), id);
    assert.equal((await json<{ claims: object[] }>(['claim', 'list', '--limit', '2'])).claims.length, 2);
    const { stdout, code } = await flows(['claim', 'list'], { env: backdrop.env });
    assert.equal(code, 0);
    assert.match(stdout, /^CLAIM +STATUS +STEP +OUTCOME/);
  });

  it('start --wait says how far it is, and tells of ends that came before', async () => {
    const input = await toEnd('over', 'paid');
    const { stdout, stderr } = await flows(['claim', 'start', '-', '--wait', '--json'], { env: backdrop.env, input });
    assert.match(stderr, /^[01] of 1 ended$/m);
    const workflowId = 'claim-over';
    assert.deepEqual((JSON.parse(stdout) as { claims: object[] }).claims, [
      { claimId: 'over', workflowId, started: false, outcome: 'paid' },
    ]);
  });

  it('start --wait calls failed what ended without a result', async () => {
    const input = JSON.stringify({ id: 'terminated', total: { amount: 40_000, currency: 'USD' } });
    await json(['claim', 'start', '-'], input);
    await temporal.workflow.getHandle('claim-terminated').terminate('by a test');
    const { claims } = await json<{ claims: object[] }>(['claim', 'start', '-', '--wait'], input, 1);
    const workflowId = 'claim-terminated';
    assert.deepEqual(claims, [{ claimId: 'terminated', workflowId, started: false, outcome: 'failed' }]);
  });

  it('onboarding start: one task, however often it is started; other content is refused', async () => {
    const start = (title: string, code: number) =>
      json<{ started: boolean }>(
        ['onboarding', 'start', '-'],
        JSON.stringify({ userId: 'u-1', title, fields: { team: 'north' } }),
        code,
      );
    assert.equal((await start('Welcome', 0)).started, true);
    assert.equal((await start('Welcome', 0)).started, false);
    const other = await flows(['onboarding', 'start', '-'], {
      env: backdrop.env,
      input: JSON.stringify({ userId: 'u-1', fields: {} }),
    });
    assert.equal(other.code, 1);
    assert.match(other.stderr, /^error: onboarding u-1: was started with other content.*use a new userId/m);
    const made = () => backdrop.sandbox.tasks.all().filter(({ fields }) => fields.user_id === 'u-1');
    await until(() => made().length > 0);
    assert.equal(made().length, 1);
    assert.equal(made()[0]?.fields.title, 'Welcome');
  });
});
