import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { FragmentAuthError } from '../../fragment/errors.js';
import { taskUid } from '../../fragment/uid.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { loadConfig } from '../../worker/config.js';
import { fragmentClient } from '../../worker/fragment.js';

const AGENT = 'claims-of-acme/7.1';

describe('the client of Fragment, as the environment sets it', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    const behaviour = { cursorParam: 'page_token', commentKey: 'text', missingUserAgent: '403-html' } as const;
    sandbox = await startSandbox({ token: 't', team: false, behaviour });
  });
  afterEach(() => sandbox.close());

  const uid = (n: number) => taskUid(`environment#${n}`);
  const client = (env: Record<string, string> = {}) =>
    fragmentClient(
      loadConfig({
        FRAGMENT_API_URL: sandbox.apiUrl,
        FRAGMENT_API_TOKEN: 't',
        FRAGMENT_CURSOR_PARAM: 'page_token',
        FRAGMENT_COMMENT_KEY: 'text',
        FRAGMENT_USER_AGENT: AGENT,
        ...env,
      }),
    );

  it('names the cursor of a list as FRAGMENT_CURSOR_PARAM says: every page is another', async () => {
    for (const n of [1, 2, 3]) sandbox.tasks.apply('PUT', { uid: uid(n), fields: { title: `task ${n}` } });
    const first = await client().listTasks({ limit: 2 });
    const second = await client().listTasks({ limit: 2 }, first.nextCursor);
    assert.deepEqual([first.items.length, second.items.length, second.nextCursor], [2, 1, undefined]);
    const seen = [...first.items, ...second.items].map((task) => task.uid);
    assert.deepEqual(new Set(seen), new Set([1, 2, 3].map(uid)));
  });

  it("keys a comment's text as FRAGMENT_COMMENT_KEY says", async () => {
    sandbox.tasks.apply('PUT', { uid: uid(1), fields: { title: 'task 1' } });
    await client().postComment(uid(1), 'the invoice is missing');
    assert.deepEqual(
      sandbox.tasks.detail(uid(1))?.comments.map(({ content }) => content),
      ['the invoice is missing'],
    );
  });

  it('calls itself by FRAGMENT_USER_AGENT', async () => {
    await client().accountsMe();
    await assert.rejects(client({ FRAGMENT_USER_AGENT: 'axios/1' }).accountsMe(), FragmentAuthError);

    const server = createServer((_, response) => response.end('{}'));
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
    try {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      await client({ FRAGMENT_API_URL: `http://127.0.0.1:${port}/api/v1` })
        .accountsMe()
        .catch(() => 'it is no Fragment');
      const [request] = await arrived;
      assert.equal(request.headers['user-agent'], AGENT);
    } finally {
      server.close();
    }
  });
});
