/** Acceptance G: authorisation and audit. */
import assert from 'node:assert/strict';
import { claimView } from '../../cli/claim-view.js';
import { emailDigest as ofClient } from '../../client/digest.js';
import { ClaimNotFoundError, ClaimUpdateRejectedError } from '../../client/index.js';
import { emailDigest as ofActivities } from '../../activities/task-news.js';
import { until } from '../until.js';
import { acceptanceStage, type AcceptanceStage, type ClaimCase } from './stage.js';

const refused = (message: RegExp) => (error: Error) =>
  error instanceof ClaimUpdateRejectedError && message.test(error.message);

describe('G. authorisation and audit', () => {
  let on: AcceptanceStage;
  before(async () => {
    on = await acceptanceStage();
  });

  const strict = { policy: { fourEyes: 'strict' } } as const;
  const approve = (claim: ClaimCase, by?: string) =>
    on.claims.complete(claim.id, { step: 'approval', decision: 'approve', by });
  const reviewedInFragment = async (id: string, by: string, options = {}): Promise<ClaimCase> => {
    const claim = await on.start(id, options);
    await claim.through('data_entry');
    await claim.finish(await claim.at('review'), { decision: 'approve' }, by);
    await claim.at('approval');
    return claim;
  };
  const ANOTHER = /another person than the review/;

  it('73. the reviewer who approves in Fragment gets the task back', async () => {
    const claim = await reviewedInFragment('g73-people', 'ada@example.com');
    const approval = await claim.at('approval');
    await claim.finish(approval, { decision: 'approve' }, 'ada@example.com');
    await until(() => claim.task(approval).status === 'TODO' && claim.comments(approval) !== '');
    assert.match(claim.comments(approval), ANOTHER);
    await claim.finish(approval, { decision: 'approve' }, 'ben@example.com');
    assert.equal((await claim.result()).outcome, 'paid');
    assert.ok(!(await claim.audited()).includes('approval: four eyes not verifiable'));
  });

  it('73. the reviewer who approves through the backend is refused, under each of their names', async () => {
    const claim = await reviewedInFragment('g73-backend', 'ada@example.com');
    const { by } = (await claim.state()).steps.find(({ step }) => step === 'review') ?? {};
    await assert.rejects(approve(claim, by), refused(ANOTHER));
    await assert.rejects(approve(claim, 'ada@example.com'), refused(ANOTHER));
    await assert.rejects(approve(claim, 'Ada@Example.com'), refused(ANOTHER));
    await approve(claim, 'ben@example.com');
    assert.equal((await claim.result()).outcome, 'paid');
    assert.ok(!(await claim.audited()).includes('approval: four eyes not verifiable'));
  });

  it('73. the reviewer of the backend approves neither there nor in Fragment', async () => {
    const claim = await on.start('g73-both');
    await claim.through('data_entry');
    await claim.at('review');
    await on.claims.complete(claim.id, { step: 'review', decision: 'approve', by: 'ada@example.com' });
    const approval = await claim.at('approval');
    await assert.rejects(approve(claim, 'ada@example.com'), refused(ANOTHER));
    await claim.finish(approval, { decision: 'approve' }, 'ada@example.com');
    await until(() => claim.task(approval).status === 'TODO' && claim.comments(approval) !== '');
    assert.match(claim.comments(approval), ANOTHER);
  });

  it('73. who cannot be told apart passes and is recorded, unless the policy is strict', async () => {
    const claim = await reviewedInFragment('g73-verifiable', 'ada@example.com');
    await approve(claim, 'staff-17');
    assert.equal((await claim.result()).outcome, 'paid');
    assert.ok((await claim.audited()).includes('approval: four eyes not verifiable'));

    const careful = await reviewedInFragment('g73-strict', 'ada@example.com', strict);
    await assert.rejects(approve(careful), refused(/has to be known who decides/));
    await assert.rejects(approve(careful, 'staff-17'), refused(/cannot be told.*by e-mail/));
    await approve(careful, 'ben@example.com');
    assert.equal((await careful.result()).outcome, 'paid');
  });

  it('73. under a strict policy nobody unknown reviews', async () => {
    const claim = await on.start('g73-unknown', strict);
    await claim.through('data_entry');
    const review = await claim.at('review');
    claim.change(review, { status: 'DONE', form_data: { decision: 'approve' } });
    await claim.poke();
    await until(() => claim.task(review).status === 'TODO' && claim.comments(review) !== '');
    assert.match(claim.comments(review), /assign the task to yourself first/);
    await assert.rejects(
      on.claims.complete(claim.id, { step: 'review', decision: 'approve' }),
      refused(/has to be known who decides/),
    );
  });

  it('73. no operator skips an approval, not even a parked one', async () => {
    const claim = await on.start('g73-skip');
    await claim.through('data_entry');
    const review = await claim.at('review');
    on.stage.sandbox.faults.add({ match: { method: 'PUT' }, kind: 'status', status: 422 });
    await claim.finish(review, { decision: 'approve' });
    await claim.at('approval', 'parked');
    await assert.rejects(
      on.claims.skip(claim.id, { reason: 'urgent', by: 'olga' }),
      refused(/approval decides the process: complete it instead/),
    );
    await assert.rejects(approve(claim, 'ada@example.com'), refused(ANOTHER));
    await on.claims.retry(claim.id);
    await claim.at('approval');
  });

  it('73. an e-mail stands for the same person, whoever names it', () => {
    assert.equal(ofClient(' Ada@Example.com'), ofActivities('ada@example.com'));
    assert.equal(ofClient('ada@example.com').length, 16);
    assert.notEqual(ofClient('ben@example.com'), ofClient('ada@example.com'));
  });

  it('76. every verb leaves who, when, why and from where', async () => {
    const claim = await on.start('g76', { amount: 10_000 });
    const from = { by: 'olga', channel: 'backoffice' };
    await claim.at('data_entry');
    await on.claims.reassign('g76', { ...from, email: 'ben@example.com', reason: 'ada is away' });
    await on.claims.pause('g76', { ...from, reason: 'audit' });
    await on.claims.resume('g76', { ...from, reason: 'audit is over' });
    await on.claims.complete('g76', { ...from, step: 'data_entry', note: 'by phone' });
    const review = await claim.at('review');
    (on.stage.sandbox.ledger.rules.refuse as string[]).push('g76');
    await claim.finish(review, { decision: 'approve', note: 'fine' });
    await claim.at('payment', 'parked');
    await on.claims.retry('g76', { ...from, reason: 'try again' });
    await until(async () => (await claim.audited()).filter((what) => what === 'payment: parked').length === 2);
    await on.claims.skip('g76', { ...from, reason: 'no account' });
    await claim.result();

    const { audit } = await claim.state();
    const person = claim.task(review).assignee_uid;
    const brief = audit.map(({ what, source, channel, by, why }) => [what, source, channel, by, why]);
    const declined = audit.find(({ what }) => what === 'parked')?.why;
    assert.deepEqual(brief, [
      ['reassigned to ben@example.com', 'operator', 'backoffice', 'olga', 'ada is away'],
      ['paused', 'operator', 'backoffice', 'olga', 'audit'],
      ['resumed', 'operator', 'backoffice', 'olga', 'audit is over'],
      ['done', 'backend', 'backoffice', 'olga', 'by phone'],
      ['approve', 'person', undefined, person, 'fine'],
      ['parked', 'engine', undefined, undefined, declined],
      ['retried', 'operator', 'backoffice', 'olga', 'try again'],
      ['parked', 'engine', undefined, undefined, declined],
      ['skipped', 'operator', 'backoffice', 'olga', 'no account'],
      ['undoing', 'engine', undefined, undefined, 'not paid: no account'],
    ]);
    for (const { at } of audit) assert.ok(Date.parse(at) <= Date.now() && Date.parse(at) > Date.now() - 600_000);

    const shown = claimView(await claim.state());
    assert.match(shown, /data_entry +reassigned to ben@example\.com +olga +operator\/backoffice +ada is away/);
    assert.match(shown, /paused +olga +operator\/backoffice +audit/);
  });

  it('76. a withdrawal leaves them too', async () => {
    const claim = await on.start('g76-withdrawn');
    await claim.at('data_entry');
    await on.claims.withdraw(claim.id, { reason: 'moved away', by: 'olga', channel: 'cli' });
    await claim.result();
    const [withdrawal] = (await claim.state()).audit;
    const { what, source, channel, by, why } = withdrawal ?? {};
    assert.deepEqual([what, source, channel, by, why], ['withdraw', 'operator', 'cli', 'olga', 'moved away']);
  });

  it('78. the id of another kind of process, or of a task, is no claim', async () => {
    await on.stage.temporal.workflow.start('onboarding', {
      workflowId: 'onboarding-g78',
      taskQueue: 'processes',
      args: [{ userId: 'g78', tasks: [] }],
    });
    const claim = await on.start('g78-claim');
    const { uid } = await claim.at('data_entry');
    for (const id of ['onboarding-g78', 'g78', 'claim-g78-claim', String(uid)]) {
      await assert.rejects(on.claims.state(id), ClaimNotFoundError);
      await assert.rejects(on.claims.withdraw(id, { reason: 'moved away' }), ClaimNotFoundError);
    }
    await claim.at('data_entry');
  });
});
