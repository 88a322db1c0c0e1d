import assert from 'node:assert/strict';
import { flows, startFlows } from './flows.js';
import { startTemporalStub } from './temporal-stub.js';

describe('flows webhook', function () {
  this.timeout(120_000);

  it('ends when it is told to, whether or not Temporal was ever there', async () => {
    const env = { WEBHOOK_SECRET: 'of-the-test', TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const receiver = startFlows(['webhook', '--port', '0'], { env });
    try {
      const [, url] = await receiver.printed(/receiving webhooks at (http:\S+?)\/webhook/);
      assert.equal((await fetch(`${url}/livez`)).status, 200);
      receiver.child.kill('SIGTERM');
      assert.equal((await receiver.ended).code, 0);
    } finally {
      await receiver.stop('SIGKILL');
    }
  });

  it('is not ready where Temporal is there and the feed is not, and logs why an event was not taken', async () => {
    const NOT_FOUND = 5;
    const stub = await startTemporalStub(NOT_FOUND);
    const env = { WEBHOOK_SECRET: 'of-the-test', TEMPORAL_ADDRESS: `127.0.0.1:${stub.port}` };
    const receiver = startFlows(['webhook', '--port', '0', '--account', 'mistyped'], { env });
    try {
      const [, url] = await receiver.printed(/receiving webhooks at (http:\S+?)\/webhook/);
      assert.equal((await fetch(`${url}/readyz`)).status, 503);
      const body = JSON.stringify({ uid: '202cb962-ac59-075b-964b-07152d234b70' });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/webhook/of-the-test`, { method: 'POST', headers, body });
      assert.equal(answer.status, 503);
      await receiver.printed(/"status":503.*"failure":"WorkflowNotFoundError"/);
    } finally {
      await receiver.stop('SIGKILL');
      await stub.close();
    }
  });

  it('refuses an account that cannot be one', async () => {
    const { code, stderr } = await flows(['webhook', '--account', 'Acme!'], { env: { WEBHOOK_SECRET: 'of-the-test' } });
    assert.equal(code, 2);
    assert.match(stderr, /--account.*is no account name/);
  });
});
