/** Acceptance C: claim, assign, priority, dates. */
import assert from 'node:assert/strict';
import { ClaimClosedError, ClaimUpdateRejectedError } from '../../client/index.js';
import { acceptanceStage, type AcceptanceStage } from './stage.js';

describe('C. assignment', () => {
  let on: AcceptanceStage;
  before(async () => {
    on = await acceptanceStage();
  });

  const assigneeOf = (uid: string | undefined) => {
    const assignee = on.stage.sandbox.tasks.get(String(uid))?.assignee_uid;
    return assignee ? on.stage.sandbox.tasks.users.withUid(assignee).email : null;
  };
  const ben = { email: 'ben@example.com', reason: 'ada is away', by: 'olga' };

  it('29. a task that is theirs already is left as it is, and not recorded twice', async () => {
    const claim = await on.start('c29');
    const step = await claim.at('data_entry');
    await on.claims.reassign('c29', ben);
    assert.equal(assigneeOf(step.uid), 'ben@example.com');
    const { writes } = on.stage.gateway.stats();
    const comments = claim.comments(step);
    await on.claims.reassign('c29', ben);
    assert.equal(on.stage.gateway.stats().writes, writes);
    assert.equal(claim.comments(step), comments);
    assert.deepEqual(await claim.audited(), ['data_entry: reassigned to ben@example.com']);
  });

  it('29. a person who lost the task meanwhile is given it again', async () => {
    const claim = await on.start('c29-again');
    const step = await claim.at('data_entry');
    await on.claims.reassign(claim.id, ben);
    claim.change(step, { assignee_email: 'chiara@example.com' });
    await on.claims.reassign(claim.id, ben);
    assert.equal(assigneeOf(step.uid), 'ben@example.com');
    assert.equal((await claim.audited()).length, 2);
  });

  it('30. a task that somebody has started goes to another person, started as it is', async () => {
    const claim = await on.start('c30');
    const step = await claim.at('data_entry');
    claim.change(step, { status: 'STARTED', assignee_email: 'ada@example.com' });
    await on.claims.reassign('c30', ben);
    assert.deepEqual([claim.task(step).status, assigneeOf(step.uid)], ['STARTED', 'ben@example.com']);
    assert.match(claim.comments(step), /ada is away/);
  });

  it('33. a change of the assignee leaves everything else as it was', async () => {
    const claim = await on.start('c33');
    const step = await claim.at('data_entry');
    claim.change(step, { status: 'STARTED', form_data: { draft: 1 } });
    const { status, fields, form_data, due_at } = claim.task(step);
    await on.claims.reassign(claim.id, ben);
    assert.equal(assigneeOf(step.uid), 'ben@example.com');
    const after = claim.task(step);
    assert.deepEqual([after.status, after.fields, after.form_data, after.due_at], [status, fields, form_data, due_at]);
  });

  it('31. what is done takes no assignment, and changing it changes nothing in the claim', async () => {
    const claim = await on.start('c31');
    const entry = await claim.at('data_entry');
    await claim.finish(entry);
    const review = await claim.at('review');
    claim.change(entry, {
      assignee_email: 'ben@example.com',
      fields: { ...claim.task(entry).fields, title: 'Edited' },
    });
    await claim.poke();
    await on.claims.reassign('c31', ben);
    assert.equal(assigneeOf(review.uid), 'ben@example.com');
    await claim.through('review');
    await claim.finish(await claim.at('approval'), { decision: 'reject' }, 'chiara@example.com');
    assert.equal((await claim.result()).outcome, 'rejected');
    await assert.rejects(on.claims.reassign('c31', ben), ClaimClosedError);
  });

  it('31. a step without a task has nothing to assign', async () => {
    on.stage.sandbox.faults.add({ match: { method: 'PUT' }, kind: 'status', status: 422 });
    const claim = await on.start('c31-parked');
    await claim.at('data_entry', 'parked');
    await assert.rejects(
      on.claims.reassign(claim.id, ben),
      (error: Error) => error instanceof ClaimUpdateRejectedError && /no task/.test(error.message),
    );
  });
});
