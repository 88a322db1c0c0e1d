/** Acceptance D: cancellation, suspension, compensation. */
import assert from 'node:assert/strict';
import { ClaimClosedError, ClaimUpdateRejectedError } from '../../client/index.js';
import { until } from '../until.js';
import { acceptanceStage, type AcceptanceStage } from './stage.js';

const refused = (message: RegExp) => (error: Error) =>
  error instanceof ClaimUpdateRejectedError && message.test(error.message);

describe('D. cancellation, suspension, compensation', () => {
  let on: AcceptanceStage;
  before(async () => {
    on = await acceptanceStage();
  });

  const withdraw = (id: string) => on.claims.withdraw(id, { reason: 'moved away', by: 'backend' });
  const refuse = (id: string) => (on.stage.sandbox.ledger.rules.refuse as string[]).push(id);
  const moneyOf = (id: string) => {
    const { ledger } = on.stage.sandbox;
    const of = ({ claim_id }: { claim_id: string }) => claim_id === id;
    return {
      reservations: ledger
        .reservations()
        .filter(of)
        .map(({ status }) => status),
      payments: ledger
        .payments()
        .filter(of)
        .map(({ status }) => status),
    };
  };

  for (const [number, kind, what] of [
    ['40', 'delay', 'before its task exists'],
    ['41', 'lost-answer', 'while the outcome of the creation is unknown'],
  ] as const) {
    it(`${number}. withdrawn ${what}, nothing is left open`, async () => {
      const { faults } = on.stage.sandbox;
      const fault = faults.add({ match: { method: 'PUT' }, kind, delayMs: 1_000 });
      const claim = await on.start(`d${number}`);
      // Withdrawn before the creation is asked for, it would ask for none, and the next case would meet the fault.
      await until(() => !faults.waiting.includes(fault));
      await withdraw(claim.id);
      assert.equal((await claim.result()).outcome, 'withdrawn');
      assert.equal(claim.tasks().length, 1, 'there is one to close');
      assert.deepEqual(claim.open(), []);
    });
  }

  it('42. withdrawn while a completion is under way, the withdrawal wins', async () => {
    const claim = await on.start('d42');
    await claim.through('data_entry');
    await claim.at('review');
    const { held, letGo } = on.hold('patchTask');
    const completion = on.claims.complete('d42', { step: 'review', decision: 'approve', by: 'ada' });
    await held;
    await withdraw('d42');
    letGo();
    await completion;
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.deepEqual(claim.open(), []);
    // The next step never began.
    assert.deepEqual(claim.tasks().length, 2);
  });

  it('42. withdrawn while it is being reassigned, the withdrawal wins', async () => {
    const claim = await on.start('d42-reassign');
    await claim.at('data_entry');
    const { held, letGo } = on.hold('patchTask');
    const ben = { email: 'ben@example.com', reason: 'ada is away' };
    const reassign = on.claims.reassign(claim.id, ben).catch(() => undefined);
    await held;
    await withdraw(claim.id);
    letGo();
    await reassign;
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.deepEqual(claim.open(), []);
  });

  it('45. withdrawn twice is withdrawn once', async () => {
    const claim = await on.start('d45');
    await claim.at('data_entry');
    const { letGo } = on.hold('patchTask');
    await Promise.all([withdraw('d45'), withdraw('d45'), withdraw('d45')]);
    letGo();
    const { reason } = await claim.result();
    assert.equal(reason, 'moved away');
    assert.equal((await claim.audited()).filter((what) => what === 'withdraw').length, 1);
  });

  it('45. withdrawn after its end, a claim keeps the success on record', async () => {
    const claim = await on.start('d45-paid', { amount: 10_000 });
    await claim.through('data_entry', 'review');
    assert.equal((await claim.result()).outcome, 'paid');
    await assert.rejects(withdraw(claim.id), ClaimClosedError);
    assert.equal((await claim.state()).outcome, 'paid');
    assert.deepEqual(moneyOf(claim.id), { reservations: ['captured'], payments: ['paid'] });
  });

  it('45. withdrawn while the payment is under way, the payment is refunded', async () => {
    on.stage.sandbox.faults.add({ match: { method: 'POST', path: '/payments' }, kind: 'delay', delayMs: 3_000 });
    const claim = await on.start('d45-paying', { amount: 10_000 });
    await claim.through('data_entry', 'review');
    await claim.at('payment', 'working');
    await withdraw(claim.id);
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.deepEqual(moneyOf(claim.id), { reservations: ['captured'], payments: ['refunded'] });
    assert.deepEqual(claim.open(), []);
  });

  for (const lifecycle of ['task-per-step', 'single-task'] as const) {
    it(`46. a refused payment is people's to do; given up, the amount is released and no task is open (${lifecycle})`, async () => {
      const id = `d46-${lifecycle}`;
      refuse(id);
      const claim = await on.start(id, { amount: 10_000, lifecycle });
      await claim.through('data_entry', 'review');
      const payment = await claim.at('payment', 'parked');
      assert.equal(claim.task(payment).status, 'TODO');
      assert.equal(claim.task(payment).fields.step, 'payment');
      assert.match(claim.comments(payment), /declined.*Do this step by hand/);
      await on.claims.skip(id, { reason: 'no such account', by: 'olga' });
      const { outcome, reason } = await claim.result();
      assert.deepEqual([outcome, reason], ['failed', 'no such account']);
      assert.deepEqual(moneyOf(id), { reservations: ['released'], payments: [] });
      assert.deepEqual(claim.open(), []);
    });
  }

  it('46. while the provider does not answer, the payment is seen in Fragment, and closed once it is made', async () => {
    on.stage.sandbox.faults.add({
      match: { method: 'POST', path: '/payments' },
      kind: 'status',
      status: 503,
      times: 4,
    });
    const claim = await on.start('d46-down', { amount: 10_000 });
    await claim.through('data_entry', 'review');
    const payment = await until(async () =>
      (await claim.state()).steps.find(({ step, uid }) => step === 'payment' && uid),
    );
    assert.equal((await claim.result()).outcome, 'paid');
    // As it was made: by the time that the process tells its uid, the payment may be through.
    const { history = [] } = on.stage.sandbox.tasks.detail(String(payment.uid)) ?? {};
    assert.equal(history[0]?.status, 'STARTED');
    assert.equal(claim.task(payment).status, 'DONE');
    assert.deepEqual(moneyOf(claim.id).payments, ['paid']);
  });

  it('47. a compensation that fails is parked and can be retried; the others run all the same', async () => {
    refuse('d47');
    const release = { match: { method: 'POST', path: '/payments/reservations/:id/release' }, kind: 'status' } as const;
    on.stage.sandbox.faults.add({ ...release, status: 422 });
    const claim = await on.start('d47', { amount: 10_000 });
    await claim.through('data_entry', 'review');
    const payment = await claim.at('payment', 'parked');
    await withdraw('d47');
    const why = await until(async () => {
      const { needsAttention } = await claim.state();
      return needsAttention?.startsWith('releasing') ? needsAttention : undefined;
    });
    assert.match(why, /releasing the reserved amount failed: .*422/);
    assert.equal(claim.task(payment).status, 'DONE');
    await on.claims.retry('d47', { by: 'olga', reason: 'the provider is mended' });
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.deepEqual(moneyOf('d47').reservations, ['released']);
    assert.ok((await claim.audited()).includes('retry releasing the reserved amount'));
  });

  describe('while it is paused', () => {
    const why = { reason: 'audit', by: 'olga' };

    it('48. what people finish is kept and counts on resume; the backend is refused, and told why', async () => {
      const claim = await on.start('d48');
      const entry = await claim.at('data_entry');
      assert.equal((await on.claims.pause('d48', why)).paused, 'audit');
      await claim.finish(entry);
      await claim.news(entry, { answer: {} });
      for (const act of [
        () => on.claims.complete('d48', { step: 'data_entry' }),
        () => on.claims.reassign('d48', { ...why, email: 'ben@example.com' }),
        () => on.claims.retry('d48'),
        () => on.claims.skip('d48', why),
      ]) {
        await assert.rejects(act, refused(/the process is paused \(audit\): resume it first, or withdraw it/));
      }
      assert.equal((await claim.state()).steps.length, 1);
      await on.claims.resume('d48', { reason: 'all is well', by: 'olga' });
      await claim.at('review');
      assert.equal((await claim.state()).paused, undefined);
    });

    it('35, 48. deadlines stand still, and go on with what was left', async () => {
      const day = { due: '1 day' } as const;
      const deadlines = { data_entry: { due: '5 seconds' }, review: day, approval: day, payment: day } as const;
      const claim = await on.start('d48-deadline', { policy: { deadlines } });
      const entry = await claim.at('data_entry');
      await on.claims.pause(claim.id, why);
      await new Promise((resolve) => setTimeout(resolve, 5_500));
      assert.deepEqual(await claim.audited(), ['paused']);
      const { steps } = await on.claims.resume(claim.id, why);
      const due = String(steps[0]?.due);
      assert.ok(Date.parse(due) - Date.parse(String(entry.due)) >= 5_500);
      await until(() => Date.parse(String(claim.task(entry).due_at)) === Date.parse(due));
      await claim.at('data_entry', 'overdue');
      const { audit } = await claim.state();
      const resumed = audit.find(({ what }) => what === 'resumed')?.at ?? '';
      const overdue = audit.find(({ what }) => what === 'overdue')?.at ?? '';
      assert.ok(Date.parse(overdue) >= Date.parse(due) && Date.parse(overdue) > Date.parse(resumed));
    });

    it('48. no new step begins', async () => {
      const claim = await on.start('d48-next');
      await claim.at('data_entry');
      const { held, letGo } = on.hold('patchTask');
      const completion = on.claims.complete(claim.id, { step: 'data_entry', by: 'ada' });
      await held;
      await on.claims.pause(claim.id, why);
      letGo();
      await completion;
      // A step that began would have begun by then, before its task is asked for.
      assert.equal((await claim.state()).steps.length, 1);
      assert.equal(claim.tasks().length, 1);
      await on.claims.resume(claim.id, why);
      await claim.at('review');
    });

    it('48, 45. paused and resumed twice is once, and a withdrawal works', async () => {
      const claim = await on.start('d48-withdrawn');
      await claim.at('data_entry');
      for (const act of ['resume', 'pause', 'pause'] as const) await on.claims[act](claim.id, why);
      assert.deepEqual(await claim.audited(), ['paused']);
      await withdraw(claim.id);
      assert.equal((await claim.result()).outcome, 'withdrawn');
      assert.deepEqual(claim.open(), []);
    });
  });

  it('49. the side that loses is called off at once: the task is closed', async () => {
    const claim = await on.start('d49');
    const entry = await claim.at('data_entry');
    await on.claims.complete('d49', { step: 'data_entry', by: 'ada' });
    assert.equal(claim.task(entry).status, 'DONE');
  });
});
