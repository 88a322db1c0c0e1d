import assert from 'node:assert/strict';
import { item, send, start, stopAll, uid } from './harness.js';

const bad = { uid: uid(2), fields: { title: 'bad' }, status: 'CANCELLED' };

describe('sandbox: batches', () => {
  afterEach(stopAll);

  for (const [batchAtomicity, status, applied] of [
    ['all-or-nothing', 422, []],
    ['stop-at-first', 422, [1]],
    ['best-effort', 200, [1, 3]],
  ] as const) {
    it(`applies items ${applied.join(' and ') || '(none)'} of three with a bad second under ${batchAtomicity}`, async () => {
      const sandbox = await start({ behaviour: { batchAtomicity } });
      const reply = await send(sandbox, 'PUT', '/tasks/batch', { items: [item(1), bad, item(3)] });
      assert.equal(reply.status, status);
      assert.deepEqual(
        sandbox.tasks.all().map((task) => task.uid),
        applied.map(uid),
      );
      if (status === 200) assert.equal(reply.body.items.length, applied.length);
      else assert.deepEqual(reply.body.detail[0].loc, ['body', 'items', 1, 'status']);
    });
  }

  it('says of every refusal which item it means', async () => {
    const sandbox = await start({ behaviour: { reopening: '422' } });
    await send(sandbox, 'PUT', '/tasks/batch', { items: [item(1), { ...item(2), status: 'DONE' }] });
    const refused = async (method: string, second: object, first: object = item(1)) => {
      const { status, body } = await send(sandbox, method, '/tasks/batch', { items: [first, second] });
      assert.equal(body.detail.length, 1);
      return [status, body.detail[0].loc.join('.')];
    };
    assert.deepEqual(await refused('PATCH', item(9)), [404, 'body.items.1.uid']);
    assert.deepEqual(await refused('PATCH', { uid: uid(2), status: 'TODO' }), [422, 'body.items.1.status']);
    assert.deepEqual(await refused('PUT', { uid: uid(9), fields: {} }), [422, 'body.items.1.fields.title']);
    assert.deepEqual(await refused('POST', item(2), item(9)), [409, 'body.items.1.uid']);
    assert.deepEqual(await refused('POST', item(9), item(9)), [409, 'body.items.1.uid']);
    assert.deepEqual(await refused('PUT', { fields: { title: 'x' } }), [422, 'body.items.1.uid']);
    // What only the items before it make wrong: done by the first, it stays done.
    const done = { uid: uid(1), status: 'DONE' };
    assert.deepEqual(await refused('PATCH', { uid: uid(1), status: 'TODO' }, done), [422, 'body.items.1.status']);
    sandbox.behaviour.patchUidOnly = '422';
    assert.deepEqual(await refused('PATCH', { uid: uid(1) }), [422, 'body.items.1']);
    // Alone, a task needs no place.
    assert.equal(typeof (await send(sandbox, 'PATCH', `/tasks/${uid(9)}`, {})).body.detail, 'string');
  });

  it('answers with whole tasks, in another order if told to', async () => {
    const sandbox = await start();
    const items = [1, 2, 3, 4, 5, 6].map((n) => item(n));
    const uids = async () =>
      (await send(sandbox, 'PUT', '/tasks/batch', { items })).body.items.map((task: { uid: string }) => task.uid);
    const sent = items.map((each) => each.uid);
    assert.deepEqual(await uids(), sent);
    sandbox.behaviour.batchOrder = 'shuffled';
    const shuffled = await uids();
    assert.notDeepEqual(shuffled, sent);
    assert.deepEqual(shuffled.toSorted(), sent);
  });

  it('refuses more than maxBatch items with 422 or 413', async () => {
    const sandbox = await start({ behaviour: { maxBatch: 2 } });
    const items = [item(1), item(2), item(3)];
    assert.equal((await send(sandbox, 'PUT', '/tasks/batch', { items })).status, 422);
    sandbox.behaviour.batchTooLarge = '413';
    assert.equal((await send(sandbox, 'PUT', '/tasks/batch', { items })).status, 413);
    assert.equal(sandbox.tasks.all().length, 0);
  });

  it('patches many, answers 404 for an unknown one, and reads by bare uids only where that is allowed', async () => {
    const sandbox = await start();
    await send(sandbox, 'POST', '/tasks/batch', { items: [item(1), item(2)] });
    const before = sandbox.tasks.get(uid(1))?.updated_at;
    const read = await send(sandbox, 'PATCH', '/tasks/batch', { items: [{ uid: uid(1) }, { uid: uid(2) }] });
    assert.equal(read.body.items[1].fields.title, 'Task 2');
    assert.equal(read.body.items[0].updated_at, before);
    assert.equal(
      (await send(sandbox, 'PATCH', '/tasks/batch', { items: [{ uid: uid(9), status: 'DONE' }] })).status,
      404,
    );
    sandbox.behaviour.patchUidOnly = '422';
    assert.equal((await send(sandbox, 'PATCH', '/tasks/batch', { items: [{ uid: uid(1) }] })).status, 422);
  });
});
