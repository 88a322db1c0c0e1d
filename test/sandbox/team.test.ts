import assert from 'node:assert/strict';
import type { Sandbox } from '../../sandbox/server.js';
import { Team, type TeamOptions } from '../../sandbox/team.js';
import { item, start, stopAll, uid, until } from './harness.js';

const quick: TeamOptions = { thinkMs: [0, 5] };
const emailOf = (sandbox: Sandbox, n: number) =>
  sandbox.tasks.users.withUid(sandbox.tasks.get(uid(n))?.assignee_uid ?? '').email;
const done = (sandbox: Sandbox) => sandbox.tasks.all().filter((task) => task.status === 'DONE').length;

describe('sandbox: simulated team', () => {
  afterEach(stopAll);

  it('starts and finishes tasks with an answer that suits the step, without any request', async () => {
    const sandbox = await start({ team: quick });
    for (const [n, step] of ['data_entry', 'review', 'approval', 'payment'].entries()) {
      sandbox.tasks.apply('POST', item(n, { step, claim_id: `c${n}`, round: 2 }));
    }
    sandbox.tasks.apply('POST', item(9));
    await until(() => done(sandbox) === 4, 'four tasks are done');
    assert.deepEqual(sandbox.tasks.get(uid(0))?.form_data, {});
    assert.ok(['approve', 'reject'].includes(String(sandbox.tasks.get(uid(1))?.form_data?.['decision'])));
    assert.ok(sandbox.tasks.get(uid(3))?.form_data?.['reference']);
    assert.equal(sandbox.tasks.get(uid(9))?.status, 'TODO');
    assert.deepEqual(
      sandbox.tasks.detail(uid(1))?.history.map((event) => event.status),
      ['TODO', 'STARTED', 'DONE'],
    );
    assert.equal(sandbox.stats().requests, 0);
  });

  it('gives the same answers whatever the order, in about the usual proportions', async () => {
    const run = async (order: number[]) => {
      const sandbox = await start({ team: quick });
      for (const n of order) sandbox.tasks.apply('POST', item(n, { step: 'review', claim_id: `c${n}`, round: 1 }));
      await until(() => done(sandbox) === order.length, 'all are done');
      return order
        .toSorted((a, b) => a - b)
        .map((n) => [emailOf(sandbox, n), sandbox.tasks.get(uid(n))?.form_data?.['decision']]);
    };
    const numbers = Array.from({ length: 400 }, (_, n) => n);
    const answers = await run(numbers);
    assert.deepEqual(await run(numbers.toReversed()), answers);
    const approved = answers.filter(([, decision]) => decision === 'approve').length;
    assert.ok(approved > 300 && approved < 355, `${approved} of 400 approved`);
  });

  it('never lets the reviewer approve the same claim, with one task per step and with a single task', async () => {
    const sandbox = await start({
      team: { ...quick, people: ['a@example.com', 'b@example.com'], decide: () => ({ decision: 'approve' }) },
    });
    for (let n = 0; n < 20; n++) {
      const claim = { claim_id: `c${n}` };
      sandbox.tasks.apply('POST', item(n, { ...claim, step: 'review' }));
      await until(() => sandbox.tasks.get(uid(n))?.status === 'DONE', 'the review is done');
      const reviewer = emailOf(sandbox, n);
      const next = n % 2 ? n : n + 100;
      sandbox.tasks.apply('PUT', { ...item(next, { ...claim, step: 'approval' }), status: 'TODO' });
      await until(() => sandbox.tasks.get(uid(next))?.status === 'DONE', 'the approval is done');
      assert.notEqual(emailOf(sandbox, next), reviewer);
    }
  });

  it('works a reopened task again, with a valid answer even if the script has none', async () => {
    const sandbox = await start({ team: { ...quick, decide: () => ({ decision: 'perhaps' }) } });
    sandbox.tasks.apply('POST', item(1, { step: 'approval', claim_id: 'c1' }));
    await until(() => done(sandbox) === 1, 'it is done');
    assert.equal(sandbox.tasks.get(uid(1))?.form_data?.['decision'], 'perhaps');
    sandbox.tasks.apply('PATCH', { uid: uid(1), status: 'TODO' });
    await until(() => done(sandbox) === 1, 'it is done again');
    assert.ok(['approve', 'reject'].includes(String(sandbox.tasks.get(uid(1))?.form_data?.['decision'])));
  });

  it('follows a script: who, what, and leaving a task alone', async () => {
    const sandbox = await start({
      team: {
        ...quick,
        decide: (task) => (task.uid === uid(1) ? { skip: true } : { by: 'eve@example.com', form_data: { x: 1 } }),
      },
    });
    sandbox.tasks.apply('POST', item(1, { step: 'review', claim_id: 'c1' }));
    sandbox.tasks.apply('POST', item(2, { step: 'review', claim_id: 'c2' }));
    await until(() => done(sandbox) === 1, 'the second is done');
    assert.equal(sandbox.tasks.get(uid(1))?.status, 'TODO');
    assert.equal(emailOf(sandbox, 2), 'eve@example.com');
    assert.deepEqual(sandbox.tasks.get(uid(2))?.form_data, { x: 1 });
  });

  it('goes on after a restart with what its people and their stand-ins had begun, and with nothing else', async () => {
    const sandbox = await start({ team: false });
    const begun = ['chiara.russo@example.com', 'eve@example.com', 'stranger@example.com'];
    for (const [at, by] of begun.entries()) {
      sandbox.tasks.apply('POST', item(at + 1, { step: 'review', claim_id: `c${at}` }));
      sandbox.tasks.apply('PATCH', { uid: uid(at + 1), status: 'STARTED', assignee_email: by }, by);
    }
    const team = new Team(sandbox.tasks, { ...quick, standIns: ['eve@example.com'] });
    team.start();
    await until(() => done(sandbox) === 2, 'two are done');
    team.stop();
    assert.deepEqual(
      [1, 2, 3].map((at) => sandbox.tasks.get(uid(at))?.status),
      ['DONE', 'DONE', 'STARTED'],
    );
  });

  it('leaves what somebody else has started or finished', async () => {
    const sandbox = await start({ team: { thinkMs: [30, 30] } });
    sandbox.tasks.apply('POST', { ...item(1, { step: 'review' }), status: 'STARTED' });
    sandbox.tasks.apply('POST', item(2, { step: 'review', claim_id: 'c2' }));
    await until(() => sandbox.tasks.get(uid(2))?.status === 'STARTED', 'the second is started');
    sandbox.tasks.apply('PATCH', { uid: uid(2), status: 'DONE', form_data: { decision: 'by backend' } });
    await new Promise((resolve) => setTimeout(resolve, 80));
    assert.equal(sandbox.tasks.get(uid(1))?.status, 'STARTED');
    assert.deepEqual(sandbox.tasks.get(uid(2))?.form_data, { decision: 'by backend' });
  });
});
