/** Acceptance B: completion. */
import assert from 'node:assert/strict';
import { ClaimClosedError, ClaimUpdateRejectedError } from '../../client/index.js';
import { until } from '../until.js';
import { acceptanceStage, type AcceptanceStage } from './stage.js';

describe('B. completion', () => {
  let on: AcceptanceStage;
  before(async () => {
    on = await acceptanceStage();
  });

  it('12. the same completion twice, by people or by the backend, is one', async () => {
    const claim = await on.start('b12');
    const entry = await claim.at('data_entry');
    await claim.finish(entry);
    await claim.news(entry, { answer: {} });
    await claim.news(entry, { answer: {} });
    await claim.at('review');
    await on.claims.complete('b12', { step: 'review', decision: 'approve', by: 'ada' });
    const again = await on.claims.complete('b12', { step: 'review', decision: 'approve', by: 'ada' });
    await claim.news(entry, { answer: {} });
    await claim.at('approval');
    const reviews = again.steps.filter(({ step }) => step === 'review');
    assert.deepEqual(
      reviews.map(({ status, decision }) => [status, decision]),
      [['done', 'approve']],
    );
    assert.deepEqual(await claim.audited(), ['data_entry: done', 'review: approve']);
  });

  it('12. a request with an id of its own is carried out once, even where repeating it would mean something else', async () => {
    const claim = await on.start('b12-id', { claim: { type: 'oral' } });
    await claim.through('data_entry');
    await claim.at('review');
    const ask = { step: 'review', decision: 'request_info', note: 'once', by: 'ada' };
    await on.claims.complete(claim.id, ask, { requestId: 'r-1' });
    await claim.finish(await claim.at('data_entry', 'waiting', 2));
    await claim.at('review', 'waiting', 2);
    await on.claims.complete(claim.id, ask, { requestId: 'r-1' });
    await claim.finish(await claim.at('review', 'waiting', 2), { decision: 'approve' });
    await claim.at('approval', 'waiting', 2);
  });

  it('13. a completion while the claim is being withdrawn is recorded and changes nothing; after that it is refused', async () => {
    const claim = await on.start('b13', { amount: 10_000 });
    await claim.through('data_entry');
    const review = await claim.at('review');
    const { letGo } = on.hold('patchTask');
    await on.claims.withdraw('b13', { reason: 'moved away', by: 'backend' });
    await claim.news(review, { answer: { decision: 'approve' }, assignee: 'somebody' });
    letGo();
    assert.equal((await claim.result()).outcome, 'withdrawn');
    assert.ok((await claim.audited()).includes('review: late answer ignored: approve'));
    assert.deepEqual(claim.open(), []);
    await assert.rejects(on.claims.complete('b13', { step: 'review', decision: 'approve' }), ClaimClosedError);
  });

  it('14. a completion after the deadline counts, and the record says that it was late', async () => {
    const deadline = { due: '1 day' } as const;
    const deadlines = {
      data_entry: { due: '500 ms' },
      review: deadline,
      approval: deadline,
      payment: deadline,
    } as const;
    const claim = await on.start('b14', { policy: { deadlines } });
    await claim.finish(await claim.at('data_entry', 'overdue'));
    await claim.at('review');
    assert.deepEqual(await claim.audited(), ['data_entry: overdue', 'data_entry: done']);
  });

  it('15. a completion told of before the process waits is kept', async () => {
    const { held, letGo } = on.hold('putTask');
    const claim = await on.start('b15');
    const uid = claim.uid('data_entry');
    await held;
    await claim.handle.signal('taskChanged', { uid, status: 'DONE', step: 'data_entry', round: 1, answer: {} });
    assert.equal((await claim.state()).steps.at(-1)?.status, 'opening');
    letGo();
    await claim.at('review');
  });

  it('16. somebody faster than the answer to the creation is heard', async () => {
    const { sandbox } = on.stage;
    const stop = sandbox.tasks.subscribe((task, { what }) => {
      if (task.fields.claim_id !== 'b16' || what !== 'created') return;
      stop();
      setImmediate(() => sandbox.tasks.apply('PATCH', { uid: task.uid, status: 'DONE' }, 'ada@example.com'));
    });
    sandbox.faults.add({ match: { method: 'PUT' }, kind: 'lost-answer' });
    const claim = await on.start('b16');
    await claim.at('review');
    assert.deepEqual(await claim.audited(), ['data_entry: done']);
  });

  it('17. of two people who complete at once one wins, and both are told the same', async () => {
    const claim = await on.start('b17');
    await claim.through('data_entry');
    await claim.at('review');
    const approve = (by: string) => on.claims.complete('b17', { step: 'review', decision: 'approve', by });
    const answers = await Promise.all([approve('ada'), approve('ben')]);
    const winners = answers.map(({ steps }) => steps.find(({ step }) => step === 'review')?.by);
    assert.equal(new Set(winners).size, 1);
    await claim.at('approval');
    const decided = (await claim.audited()).filter((what) => what === 'review: approve');
    assert.equal(decided.length, 1);
  });

  it('17. a person in Fragment and the backend at once: one decides', async () => {
    const claim = await on.start('b17-both', { amount: 10_000 });
    await claim.through('data_entry');
    const review = await claim.at('review');
    const backend = on.claims
      .complete(claim.id, { step: 'review', decision: 'approve', by: 'ben' })
      .catch(() => undefined);
    await Promise.all([claim.finish(review, { decision: 'reject', note: 'no' }), backend]);
    const { outcome } = await claim.result();
    const decision = (await claim.state()).steps.find(({ step }) => step === 'review')?.decision;
    assert.equal(outcome, decision === 'approve' ? 'paid' : 'rejected');
    assert.deepEqual(claim.open(), []);
  });

  it('18. approve and reject both arrive: the first decides, the second is recorded and refused', async () => {
    const claim = await on.start('b18');
    await claim.through('data_entry');
    await claim.at('review');
    await on.claims.complete('b18', { step: 'review', decision: 'approve', by: 'ada' });
    await assert.rejects(
      on.claims.complete('b18', { step: 'review', decision: 'reject', by: 'ben', channel: 'backoffice' }),
      (error: Error) =>
        error instanceof ClaimUpdateRejectedError && /review was decided before: approve/.test(error.message),
    );
    await claim.at('approval');
    const late = (await claim.state()).audit.find(({ what }) => what.startsWith('late'));
    assert.deepEqual(
      [late?.what, late?.by, late?.source, late?.channel],
      ['late answer ignored: reject', 'ben', 'backend', 'backoffice'],
    );
  });

  it('18. a person who decides otherwise after the backend has decided is recorded', async () => {
    const claim = await on.start('b18-person');
    await claim.through('data_entry');
    const review = await claim.at('review');
    await on.claims.complete(claim.id, { step: 'review', decision: 'approve', by: 'ada' });
    await claim.at('approval');
    await claim.news(review, { answer: { decision: 'reject' }, assignee: 'somebody' });
    await until(async () => (await claim.audited()).includes('review: late answer ignored: reject'));
    assert.equal((await claim.state()).steps.at(-1)?.step, 'approval');
  });

  const NO_ANSWERS: [string, string, unknown][] = [
    ['20', 'nothing at all', null],
    ['20', 'an empty form', {}],
    ['21', 'no decision there is', { decision: 'perhaps' }],
    ['21', 'a number for a decision', { decision: 7 }],
    ['21', 'a list for a text', { decision: 'approve', note: ['fine'] }],
  ];
  for (const [number, what, form_data] of NO_ANSWERS) {
    it(`${number}. ${what} is given back to the person, with what is wrong`, async () => {
      const claim = await on.start(`b${number}-${what.replaceAll(' ', '-')}`);
      await claim.through('data_entry');
      const review = await claim.at('review');
      claim.change(review, { status: 'DONE', assignee_email: 'ada@example.com', form_data });
      const assignee = claim.task(review).assignee_uid;
      await claim.poke();
      await until(() => claim.task(review).status === 'TODO' && claim.comments(review) !== '');
      assert.equal(claim.task(review).assignee_uid, assignee);
      assert.match(claim.comments(review), /approve, reject|note has to be text/);
      await claim.finish(review, { decision: 'approve', note: 'fine' });
      await claim.at('approval');
    });
  }

  it('21. an object where corrections have to be one, and nothing else', async () => {
    const claim = await on.start('b21-corrections');
    const entry = await claim.at('data_entry');
    await claim.finish(entry, { corrections: ['oral'] });
    await until(() => claim.task(entry).status === 'TODO' && claim.comments(entry) !== '');
    assert.match(claim.comments(entry), /corrections have to be an object/);
  });

  it('23. a task finished by force, never started, is finished', async () => {
    const claim = await on.start('b23');
    const entry = await claim.at('data_entry');
    assert.equal(claim.task(entry).status, 'TODO');
    claim.change(entry, { status: 'DONE' }, 'admin@example.com');
    await claim.poke();
    await claim.at('review');
  });

  it('24. a step that the backend does closes its task, which says so', async () => {
    const claim = await on.start('b24');
    await claim.through('data_entry');
    const review = await claim.at('review');
    await on.claims.complete('b24', { step: 'review', decision: 'approve', by: 'ada', note: 'by phone' });
    assert.equal(claim.task(review).status, 'DONE');
    assert.match(claim.comments(review), /Done outside Fragment: approve/);
  });

  it('26. an answer larger than Temporal takes is cut, and decides all the same', async () => {
    const claim = await on.start('b26');
    await claim.through('data_entry');
    const review = await claim.at('review');
    await claim.finish(review, { decision: 'approve', note: 'x'.repeat(3_000_000), scan: 'y'.repeat(3_000_000) });
    await claim.at('approval');
    claim.change(review, { form_data: null });
    const approved = (await claim.state()).audit.find(({ what }) => what === 'approve');
    assert.match(approved?.why ?? '', /^x+/);
    assert.ok(String(approved?.why).length < 10_000);
  });

  for (const lifecycle of ['task-per-step', 'single-task'] as const) {
    it(`25. corrections are merged round by round, and what they leave out stays (${lifecycle})`, async () => {
      const id = `b25-${lifecycle}`;
      const claim = await on.start(id, { lifecycle, claim: { type: 'vision', priority: 'normal' } });
      await claim.finish(await claim.at('data_entry'), { corrections: { type: 'oral', total: 1 } });
      await claim.finish(await claim.at('review'), { decision: 'request_info' });
      await claim.finish(await claim.at('data_entry', 'waiting', 2), { corrections: { priority: 'stat' } });
      const { fields } = claim.task(await claim.at('review', 'waiting', 2));
      assert.deepEqual([fields.type, fields.priority, fields.total], ['oral', 'stat', '800.00 USD']);
    });
  }
});
