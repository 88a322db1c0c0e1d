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
});
