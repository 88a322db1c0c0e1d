import assert from 'node:assert/strict';
import { startFlows } from './flows.js';

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
});
