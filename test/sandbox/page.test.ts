import assert from 'node:assert/strict';
import { item, send, start, stopAll, uid } from './harness.js';

describe('sandbox: inbox page', () => {
  afterEach(stopAll);

  it('escapes what stands in a task, and refuses a form sent from another origin', async () => {
    const sandbox = await start();
    await send(sandbox, 'POST', '/tasks', item(1, { title: '<img src=x onerror=alert(1)>', step: 'review' }));
    for (const path of ['/', `/tasks/${uid(1)}`]) {
      const text = await (await fetch(sandbox.url + path)).text();
      assert.ok(text.includes('&lt;img') && !text.includes('<img'), path);
    }
    const foreign = await fetch(`${sandbox.url}/tasks/${uid(1)}/finish`, {
      method: 'POST',
      headers: { origin: 'http://elsewhere.example', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'by=a%40example.com',
    });
    assert.equal(foreign.status, 403);
    assert.equal(sandbox.tasks.get(uid(1))?.status, 'TODO');
  });
});
