import assert from 'node:assert/strict';
import { send, start, stopAll, uid } from './harness.js';

describe('sandbox: access', () => {
  afterEach(stopAll);

  it('refuses a missing and a wrong token with 401', async () => {
    const sandbox = await start();
    assert.equal((await send(sandbox, 'GET', '/accounts/me', undefined, { authorization: '' })).status, 401);
    assert.equal((await send(sandbox, 'GET', '/accounts/me', undefined, { authorization: 'Bearer nope' })).status, 401);
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 200);
  });

  it('can block a library default User-Agent with a web page', async () => {
    const sandbox = await start({ behaviour: { missingUserAgent: '403-html' } });
    const blocked = await send(sandbox, 'GET', '/accounts/me', undefined, { 'user-agent': 'axios/1.2.3' });
    assert.equal(blocked.status, 403);
    assert.match(blocked.text, /<html>/);
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 200);
  });

  for (const [shape, looks] of [
    ['detail', (text: string) => Array.isArray(JSON.parse(text).detail)],
    ['message', (text: string) => typeof JSON.parse(text).message === 'string'],
    ['html', (text: string) => text.startsWith('<!doctype html>')],
    ['text', (text: string) => text.includes('not a uuid')],
    ['empty', (text: string) => text === ''],
  ] as const) {
    it(`answers errors in the shape "${shape}"`, async () => {
      const sandbox = await start({ behaviour: { errorShape: shape } });
      const reply = await send(sandbox, 'GET', '/tasks/not-a-uid');
      assert.equal(reply.status, 422);
      assert.ok(looks(reply.text), reply.text);
    });
  }

  it('answers 404 for a task and for an endpoint that do not exist, and 422 for a body that is no JSON', async () => {
    const sandbox = await start();
    assert.deepEqual((await send(sandbox, 'GET', `/tasks/${uid(1)}`)).body, { detail: `task ${uid(1)} not found` });
    assert.equal((await send(sandbox, 'GET', '/queues')).status, 404);
    assert.equal((await send(sandbox, 'POST', '/tasks', '{"fields":')).status, 422);
  });

  it('changes a switch over the control API and refuses one that it does not have', async () => {
    const sandbox = await start();
    assert.equal((await send(sandbox, 'PATCH', '/_sandbox/behaviour', { deleteStatus: 204 })).body.deleteStatus, 204);
    assert.equal(sandbox.behaviour.deleteStatus, 204);
    assert.equal((await send(sandbox, 'PATCH', '/_sandbox/behaviour', { deletStatus: 204 })).status, 422);
  });
});
