import assert from 'node:assert/strict';
import { flows, startFlows } from './flows.js';

describe('flows sandbox', () => {
  it('links tasks to the Temporal Web UI that it is told of', async () => {
    const token = 'test-token';
    const sandbox = startFlows(['sandbox', '--port', '0', '--temporal-ui', 'http://127.0.0.1:8233'], {
      env: { FRAGMENT_API_TOKEN: token },
    });
    try {
      const [, url] = await sandbox.printed(/inbox: (\S+)/);
      const created = await fetch(`${url}/api/v1/tasks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ fields: { title: 'Review', workflow_id: 'claim-1' } }),
      });
      const { uid } = (await created.json()) as { uid: string };
      const page = await (await fetch(`${url}/tasks/${uid}`)).text();
      assert.match(page, /href="http:\/\/127\.0\.0\.1:8233\/namespaces\/default\/workflows\/claim-1"/);
    } finally {
      await sandbox.stop('SIGTERM');
    }
  });

  it('refuses a Web UI that is no web address', async () => {
    const { code, stderr } = await flows(['sandbox', '--temporal-ui', 'javascript:alert(1)']);
    assert.equal(code, 2);
    assert.match(stderr, /--temporal-ui.*http or https address/s);
  });
});
