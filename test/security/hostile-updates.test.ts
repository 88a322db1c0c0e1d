/** Whoever may write to the namespace can send a process anything: it has to survive it, and to keep to its own tasks. */
import assert from 'node:assert/strict';
import { setTimeSkippingStage, type ClaimOnStage, type TimeSkippingStage } from '../time-skipping-stage.js';

const LONG = 'x'.repeat(20_000);
const RATHER_LONG = 'x'.repeat(2_001);

describe('a hostile Temporal client', function () {
  this.timeout(120_000);
  let stage: TimeSkippingStage;
  before(async () => {
    stage = await setTimeSkippingStage();
  });
  after(() => stage?.stop());

  async function atReview(id: string): Promise<ClaimOnStage> {
    const claim = await stage.startClaim(id);
    await claim.at('data_entry');
    await claim.finish('data_entry');
    await claim.at('review');
    return claim;
  }

  const approve = { step: 'review', decision: 'approve' };
  const why = { reason: 'x', by: 'x' };
  for (const [update, argument, problem] of [
    ['completeStep', { ...approve, by: 7 }, /by has to be text/],
    ['completeStep', { ...approve, by: null }, /by has to be text/],
    ['completeStep', { ...approve, by: 'x'.repeat(201) }, /by is too long/],
    ['completeStep', { ...approve, emailDigest: ['x'] }, /emailDigest has to be text/],
    ['completeStep', { ...approve, note: { toString: 'x' } }, /note has to be text/],
    ['completeStep', { ...approve, note: RATHER_LONG }, /note is too long/],
    ['completeStep', { ...approve, corrections: 'patient' }, /corrections has to be an object/],
    ['completeStep', { ...approve, corrections: { patient: LONG } }, /corrections is too long/],
    ['completeStep', { ...approve, data: { more: LONG } }, /data is too long/],
    ['completeStep', { step: ['review'], decision: 'approve' }, /step has to be text/],
    ['completeStep', { step: '__proto__', decision: 'approve' }, /the current step is review/],
    ['completeStep', null, /an object is needed/],
    ['completeStep', [approve], /an object is needed/],
    ['completeStep', 'approve', /an object is needed/],
    ['retryStep', { reason: 7 }, /reason has to be text/],
    ['skipStep', { ...why, channel: {} }, /channel has to be text/],
    ['reassign', { ...why, email: ['a@example.com'] }, /email has to be text/],
    ['reassign', { ...why, email: `${'x'.repeat(200)}@example.com` }, /email is too long/],
    ['changeDue', { ...why, due: 7 }, /due has to be text/],
    ['pause', { reason: RATHER_LONG }, /reason is too long/],
    ['withdraw', { reason: { toString: 'x' } }, /reason has to be text/],
  ] as const) {
    it(`cannot stop a process by ${update} with ${JSON.stringify(argument)?.slice(0, 60)}`, async () => {
      claim ??= await atReview('hostile-updates');
      await assert.rejects(claim.handle.executeUpdate(update, { args: [argument] }), ({ cause }: Error) =>
        problem.test(String(cause)),
      );
    });
  }
  let claim: ClaimOnStage | undefined;

  it('has left nothing behind by what was refused, and the process goes on', async () => {
    claim ??= await atReview('hostile-updates');
    assert.deepEqual(await claim.whats(), ['done']);
    await claim.finish('review', { decision: 'reject' });
    assert.equal((await claim.result()).outcome, 'rejected');
  });

  it('cannot stop a process by a signal that is no news of a task', async () => {
    const own = await atReview('hostile-signals');
    const uid = (await own.step('review'))?.uid;
    const done = { uid, status: 'DONE', step: 'review', round: 1 };
    for (const news of [
      null,
      'DONE',
      [],
      {},
      { ...done, uid: 7 },
      { ...done, status: { name: 'DONE' } },
      { ...done, answer: 'approve' },
      { ...done, answer: { decision: 'approve' }, assignee: { uid: 'x' } },
      { ...done, answer: { decision: 'approve' }, emailDigest: 7 },
      { ...done, problem: { toString: 'x' } },
      { ...done, due: 7 },
    ]) {
      await own.handle.signal('taskChanged', news);
    }
    await own.handle.signal('taskChanged');
    await own.retry().catch(() => undefined);
    assert.equal((await own.step('review'))?.status, 'waiting');
    await own.finish('review', { decision: 'reject' });
    assert.equal((await own.result()).outcome, 'rejected');
  });

  it('corrects neither the amount nor the id of a claim, nor does a person', async () => {
    const corrections = { id: 'C-2', total: { amount: 1, currency: 'USD' }, type: 'oral' };
    const own = await stage.startClaim('corrected', { total: { amount: 12_000, currency: 'USD' } });
    await own.at('data_entry');
    await own.finish('data_entry', { corrections });
    await own.at('review');
    await own.complete(approve);
    await own.result();
    const paid = stage.payments.ledger.filter(({ what }) => what === 'pay');
    assert.deepEqual(
      paid.map(({ claimId, amount }) => [claimId, amount]),
      [['corrected', 12_000]],
    );
    const { fields } = stage.fragment.of('corrected').find((task) => task.fields.step === 'review') ?? {};
    assert.deepEqual([fields?.claim_id, fields?.type], ['corrected', 'oral']);
  });

  it('is on record with the name that it gives, and by the way that it came', async () => {
    const own = await atReview('impostor');
    await own.complete({ ...approve, by: 'ada@example.com', channel: 'cli' });
    const { audit } = await own.state();
    const { by, source, channel } = audit.find(({ what }) => what === 'approve') ?? {};
    // Not `person`: nobody has done it in Fragment.
    assert.deepEqual([by, source, channel], ['ada@example.com', 'backend', 'cli']);
  });
});
