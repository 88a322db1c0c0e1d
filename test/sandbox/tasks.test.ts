import assert from 'node:assert/strict';
import { item, send, start, stopAll, uid } from './harness.js';

describe('sandbox: single tasks', () => {
  afterEach(stopAll);

  it('creates by POST with the documented defaults', async () => {
    const sandbox = await start({ now: () => Date.parse('2026-01-02T03:04:05Z') });
    const { status, body } = await send(sandbox, 'POST', '/tasks', { fields: { title: 'Ticket 1', country: 'FR' } });
    assert.equal(status, 200);
    assert.equal(body.status, 'TODO');
    assert.equal(body.due_at, '2026-01-02T03:04:05.000Z');
    assert.equal(body.assignee, null);
    assert.deepEqual((await send(sandbox, 'GET', `/tasks/${body.uid}`)).body, body);
  });

  it('makes one task of the same PUT sent twice, and the second changes nothing', async () => {
    let now = 0;
    const sandbox = await start({ now: () => (now += 1000) });
    const sent = { fields: { title: 'x' }, assignee_email: 'ada@example.com', due_at: '2026-01-01T00:00:00Z' };
    const first = await send(sandbox, 'PUT', `/tasks/${uid(1)}`, sent);
    const second = await send(sandbox, 'PUT', `/tasks/${uid(1)}`, sent);
    assert.deepEqual(second.body, first.body);
    assert.equal(first.body.assignee.email, 'ada@example.com');
    assert.equal(sandbox.tasks.all().length, 1);
    assert.equal(sandbox.tasks.detail(uid(1))?.history.length, 1);
  });

  for (const [duplicatePost, status] of [
    ['403', 403],
    ['409', 409],
    ['422', 422],
    ['upsert', 200],
  ] as const) {
    it(`answers ${status} to the POST of a known uid under duplicatePost ${duplicatePost}`, async () => {
      const sandbox = await start({ behaviour: { duplicatePost } });
      await send(sandbox, 'POST', '/tasks', item(1));
      assert.equal((await send(sandbox, 'POST', '/tasks', item(1))).status, status);
    });
  }

  it('merges or replaces `fields` as the switches say', async () => {
    const sandbox = await start({ behaviour: { fieldsOnPatch: 'merge', fieldsOnPut: 'replace' } });
    const path = `/tasks/${uid(1)}`;
    const write = async (method: string, fields: object) => (await send(sandbox, method, path, { fields })).body.fields;
    await write('PUT', { title: 'a', one: 1 });
    assert.deepEqual(await write('PATCH', { two: 2 }), { title: 'a', one: 1, two: 2 });
    assert.deepEqual(await write('PUT', { title: 'b' }), { title: 'b' });
    sandbox.behaviour.fieldsOnPatch = 'replace';
    sandbox.behaviour.fieldsOnPut = 'merge';
    assert.deepEqual(await write('PUT', { three: 3 }), { title: 'b', three: 3 });
    assert.deepEqual(await write('PATCH', { four: 4 }), { four: 4 });
  });

  it('stamps started_at and done_at, clears done_at on reopening, or leaves all that to the caller', async () => {
    const sandbox = await start();
    const path = `/tasks/${uid(1)}`;
    await send(sandbox, 'PUT', path, { fields: { title: 'x' } });
    assert.ok((await send(sandbox, 'PATCH', path, { status: 'STARTED' })).body.started_at);
    assert.ok((await send(sandbox, 'PATCH', path, { status: 'DONE' })).body.done_at);
    assert.equal((await send(sandbox, 'PATCH', path, { status: 'TODO' })).body.done_at, null);
    sandbox.behaviour.automaticTimestamps = false;
    assert.equal((await send(sandbox, 'PATCH', path, { status: 'DONE' })).body.done_at, null);
  });

  it('keeps done_at on reopening under doneAtOnReopen keep', async () => {
    let now = 1_000;
    const sandbox = await start({ now: () => (now += 1_000), behaviour: { doneAtOnReopen: 'keep' } });
    const path = `/tasks/${uid(1)}`;
    await send(sandbox, 'PUT', path, { fields: { title: 'x' } });
    const doneAt = async (status: string, more = {}) =>
      (await send(sandbox, 'PATCH', path, { status, ...more })).body.done_at;
    const first = await doneAt('DONE');
    assert.equal(await doneAt('TODO'), first);
    assert.ok((await doneAt('DONE')) > first);
    assert.equal(await doneAt('STARTED', { done_at: null }), null);
  });

  it('takes form_data from the API for a task without a form, or refuses it; from people always', async () => {
    const sandbox = await start({ behaviour: { formDataWithoutForm: '422' } });
    const path = `/tasks/${uid(1)}`;
    const form_data = { decision: 'approve' };
    await send(sandbox, 'PUT', path, { fields: { title: 'x' } });
    const { status, body } = await send(sandbox, 'PATCH', path, { form_data });
    assert.deepEqual([status, body.detail[0].loc], [422, ['body', 'form_data']]);
    sandbox.tasks.apply('PATCH', { uid: uid(1), form_data }, 'ada@example.com');
    assert.deepEqual(sandbox.tasks.get(uid(1))?.form_data, form_data);
    assert.equal((await send(sandbox, 'PATCH', path, { form_data: null })).status, 200);
    assert.equal((await send(sandbox, 'PATCH', path, { form_data, metadata_form_uid: uid(7) })).status, 200);
    assert.equal((await send(sandbox, 'PATCH', path, { form_data })).status, 200);
    sandbox.behaviour.formDataWithoutForm = 'allow';
    assert.equal((await send(sandbox, 'PUT', `/tasks/${uid(2)}`, { ...item(2), form_data })).status, 200);
  });

  it('assumes, where no switch says so, what docs/probe.md says of deleted, archived and half-named tasks', async () => {
    const sandbox = await start();
    const path = `/tasks/${uid(1)}`;
    await send(sandbox, 'PUT', path, { fields: { title: 'x' }, due_at: '2026-01-01T00:00:00Z', archived: true });
    assert.equal(
      (await send(sandbox, 'PUT', path, { fields: { title: 'y' } })).body.due_at,
      '2026-01-01T00:00:00.000Z',
    );
    assert.deepEqual(
      (await send(sandbox, 'GET', '/tasks')).body.items.map((task: { archived: boolean }) => task.archived),
      [true],
    );
    await send(sandbox, 'POST', `${path}/comments`, { content: 'x' });
    await send(sandbox, 'DELETE', path);
    assert.equal((await send(sandbox, 'PUT', path, { fields: { title: 'z' } })).body.archived, false);
    assert.deepEqual(sandbox.tasks.detail(uid(1))?.comments, []);
    assert.equal(sandbox.tasks.detail(uid(1))?.history.length, 1);
    assert.equal((await send(sandbox, 'PATCH', path, { due_at: '2026-01-01T00:00:00' })).status, 422);
    assert.equal((await send(sandbox, 'PATCH', path, { assignee_uid: uid(77), queue_uid: uid(78) })).status, 200);
  });

  it('stamps a task that is created assigned, STARTED or DONE just so, or leaves all that to the caller', async () => {
    const sandbox = await start({ now: () => Date.parse('2026-01-02T03:04:05Z') });
    const now = '2026-01-02T03:04:05.000Z';
    const own = '2025-12-31T00:00:00.000Z';
    const stamps = async (more: object) => {
      const { assigned_at, started_at, done_at } = (await send(sandbox, 'POST', '/tasks', { ...title, ...more })).body;
      return [assigned_at, started_at, done_at].map((at: string | null | undefined) => at ?? null);
    };
    const title = { fields: { title: 'x' } };
    const assigned = { assignee_email: 'ada@example.com' };
    assert.deepEqual(await stamps({}), [null, null, null]);
    assert.deepEqual(await stamps(assigned), [now, null, null]);
    assert.deepEqual(await stamps({ status: 'STARTED' }), [null, now, null]);
    assert.deepEqual(await stamps({ ...assigned, status: 'DONE' }), [now, null, now]);
    assert.deepEqual(await stamps({ status: 'DONE', done_at: own }), [null, null, own]);
    sandbox.behaviour.automaticTimestamps = false;
    assert.deepEqual(await stamps({ ...assigned, status: 'DONE' }), [null, null, null]);
    assert.deepEqual(await stamps({ ...assigned, assigned_at: own }), [own, null, null]);
  });

  it('answers 404 to the PATCH of a uid that no task has, alone and in a batch, or creates the task', async () => {
    const sandbox = await start();
    const one = () => send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { fields: { title: 'x' } });
    const many = (...items: object[]) => send(sandbox, 'PATCH', '/tasks/batch', { items });
    assert.equal((await one()).status, 404);
    assert.equal((await many(item(2))).status, 404);
    sandbox.behaviour.patchMissing = 'create';
    assert.equal((await one()).body.status, 'TODO');
    assert.equal((await many(item(2))).body.items[0].fields.title, 'Task 2');
    // Nothing but a uid lacks a title, like any other creation.
    assert.equal((await many({ uid: uid(3) })).status, 422);
    sandbox.behaviour.missingTitle = 'allow';
    assert.equal((await many({ uid: uid(3) })).status, 200);
    assert.deepEqual(
      sandbox.tasks.detail(uid(3))?.history.map(({ what }) => what),
      ['created'],
    );
    sandbox.behaviour.patchUidOnly = '422';
    assert.equal((await many({ uid: uid(4) })).status, 422);
    assert.equal(sandbox.tasks.all().length, 3);
  });

  it('resets the status on PUT only under putResetsStatus', async () => {
    const sandbox = await start();
    const path = `/tasks/${uid(1)}`;
    await send(sandbox, 'PUT', path, { fields: { title: 'x' }, status: 'DONE' });
    assert.equal((await send(sandbox, 'PUT', path, { fields: { title: 'y' } })).body.status, 'DONE');
    sandbox.behaviour.putResetsStatus = true;
    assert.equal((await send(sandbox, 'PUT', path, { fields: { title: 'y' } })).body.status, 'TODO');
  });

  it('opens a task again, refuses to, or leaves it done', async () => {
    const sandbox = await start();
    const path = `/tasks/${uid(1)}`;
    for (const [reopening, status, left] of [
      ['allow', 200, 'TODO'],
      ['422', 422, 'DONE'],
      ['ignore', 200, 'DONE'],
    ] as const) {
      await send(sandbox, 'PUT', path, { fields: { title: 'x' }, status: 'DONE' });
      sandbox.behaviour.reopening = reopening;
      assert.equal((await send(sandbox, 'PATCH', path, { status: 'TODO', priority: 'high' })).status, status);
      assert.equal(sandbox.tasks.get(uid(1))?.status, left);
    }
  });

  it('clears, refuses or ignores null for a native field', async () => {
    const sandbox = await start();
    const path = `/tasks/${uid(1)}`;
    const sent = { fields: { title: 'x' }, assignee_email: 'ada@example.com' };
    for (const [nullClears, status, assigned] of [
      ['clear', 200, false],
      ['422', 422, true],
      ['ignore', 200, true],
    ] as const) {
      sandbox.behaviour.nullClears = nullClears;
      await send(sandbox, 'PUT', path, sent);
      assert.equal((await send(sandbox, 'PATCH', path, { assignee_uid: null })).status, status);
      assert.equal(Boolean(sandbox.tasks.get(uid(1))?.assignee_uid), assigned, nullClears);
    }
  });

  it('deletes with 200 or 204, and a second time with 404', async () => {
    const sandbox = await start({ behaviour: { deleteStatus: 204 } });
    await send(sandbox, 'POST', '/tasks', item(1));
    assert.equal((await send(sandbox, 'DELETE', `/tasks/${uid(1)}`)).status, 204);
    assert.equal((await send(sandbox, 'DELETE', `/tasks/${uid(1)}`)).status, 404);
  });

  it('keeps comments under the configured key and shows them to the control API', async () => {
    const sandbox = await start({ behaviour: { commentKey: 'text' } });
    await send(sandbox, 'POST', '/tasks', item(1));
    assert.equal((await send(sandbox, 'POST', `/tasks/${uid(1)}/comments`, { content: 'hi' })).status, 422);
    assert.equal((await send(sandbox, 'POST', `/tasks/${uid(1)}/comments`, { text: 'hi' })).body.text, 'hi');
    const seen = (await send(sandbox, 'GET', `/_sandbox/tasks/${uid(1)}`)).body;
    assert.equal(seen.comments[0].content, 'hi');
    assert.deepEqual(
      seen.history.map((event: { what: string }) => event.what),
      ['created', 'commented'],
    );
  });
});
