import assert from 'node:assert/strict';
import { item, send, start, stopAll, uid } from './harness.js';

describe('sandbox: faults on request', () => {
  afterEach(stopAll);

  it('answers a status as often as asked, for the matching endpoint alone', async () => {
    const sandbox = await start();
    const match = { method: 'put', path: '/tasks/:uid' };
    await send(sandbox, 'POST', '/_sandbox/faults', {
      match,
      times: 2,
      kind: 'status',
      status: 503,
      retryAfter: 7,
      html: true,
    });
    assert.equal((await send(sandbox, 'GET', '/tasks')).status, 200);
    const put = () => send(sandbox, 'PUT', `/tasks/${uid(1)}`, { fields: { title: 'x' } });
    const first = await put();
    assert.equal(first.status, 503);
    assert.equal(first.headers.get('retry-after'), '7');
    assert.match(first.text, /<html>/);
    assert.equal((await put()).status, 503);
    assert.equal((await put()).status, 200);
  });

  it('loses an answer: the write is applied and the connection drops', async () => {
    const sandbox = await start();
    sandbox.faults.add({ kind: 'lost-answer' });
    await assert.rejects(send(sandbox, 'POST', '/tasks', item(1)));
    assert.ok(sandbox.tasks.get(uid(1)));
  });

  it('drops a connection before anything is applied', async () => {
    const sandbox = await start();
    sandbox.faults.add({ kind: 'drop', match: { path: '/tasks*' } });
    await assert.rejects(send(sandbox, 'POST', '/tasks', item(1)));
    assert.equal(sandbox.tasks.get(uid(1)), undefined);
  });

  it('applies half a batch and answers 500', async () => {
    const sandbox = await start();
    sandbox.faults.add({ kind: 'half-batch' });
    await send(sandbox, 'GET', '/tasks');
    const reply = await send(sandbox, 'PUT', '/tasks/batch', { items: [item(1), item(2), item(3), item(4)] });
    assert.equal(reply.status, 500);
    assert.deepEqual(
      sandbox.tasks.all().map((task) => task.uid),
      [uid(1), uid(2)],
    );
  });

  it('delays, and forgets faults that are taken back', async () => {
    const sandbox = await start();
    sandbox.faults.add({ kind: 'delay', delayMs: 120 });
    const begun = Date.now();
    await send(sandbox, 'GET', '/tasks');
    assert.ok(Date.now() - begun >= 100);
    sandbox.faults.add({ kind: 'status', status: 500 });
    await send(sandbox, 'DELETE', '/_sandbox/faults');
    assert.equal((await send(sandbox, 'GET', '/tasks')).status, 200);
  });

  it('fails for one task wherever it stands, and for nothing else, until the faults are cleared', async () => {
    const sandbox = await start();
    const added = await send(sandbox, 'POST', '/_sandbox/faults', {
      match: { uid: uid(10).toUpperCase() },
      kind: 'status',
      status: 500,
      times: 'always',
    });
    assert.equal(added.status, 200);
    const status = async (...sent: [method: string, path: string, body?: unknown]) =>
      (await send(sandbox, ...sent)).status;
    assert.equal(await status('PUT', '/tasks/batch', { items: [item(1), item(10), item(2)] }), 500);
    assert.equal(sandbox.tasks.all().length, 0);
    assert.equal(await status('PUT', '/tasks/batch', { items: [item(1), item(2)] }), 200);
    assert.equal(await status('PUT', `/tasks/${uid(10)}`, { fields: { title: 'x' } }), 500);
    assert.equal(await status('POST', '/tasks', item(10)), 500);
    assert.equal(await status('GET', `/tasks/${uid(10).toUpperCase()}`), 500);
    const condition = { field: 'uid', operator: '==', value: uid(10) };
    assert.equal(await status('POST', '/tasks/query', { condition }), 200);
    assert.equal(await status('PATCH', `/tasks/${uid(1)}`, { fields: { of: uid(10) } }), 200);
    await send(sandbox, 'DELETE', '/_sandbox/faults');
    assert.equal(await status('PUT', `/tasks/${uid(10)}`, { fields: { title: 'x' } }), 200);
  });

  it('fails for one task only in the requests that the rest of the match allows', async () => {
    const sandbox = await start();
    sandbox.faults.add({ kind: 'half-batch', match: { method: 'PATCH', uid: uid(2) } });
    const items = [item(1), item(2)];
    assert.equal((await send(sandbox, 'PUT', '/tasks/batch', { items })).status, 200);
    assert.equal((await send(sandbox, 'PATCH', '/tasks/batch', { items: [item(1)] })).status, 200);
    assert.equal((await send(sandbox, 'PATCH', '/tasks/batch', { items })).status, 500);
  });
});
