import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Client, ServiceError } from '@temporalio/client';
import { feedRuns, pokeFeed, webhookApp, type WebhookOptions } from '../../client/webhook.js';
import { FEED_WORKFLOW_ID, feedStatusQuery } from '../../workflows/account/contract.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

const UID = '202cb962-ac59-075b-964b-07152d234b70';
const SECRET = 'long-and-unguessable';
const event = (id = UID) => ({
  type: 'task.completed',
  data: { task: { id, status: { name: 'DONE', userId: 'u', at: '2023-11-07T05:31:56.000001+00:00' } }, info: {} },
  sentAt: '2023-11-07T05:31:56.010000+00:00',
});

describe('the webhook receiver', function () {
  this.timeout(120_000);
  let pokes: string[][];
  beforeEach(() => (pokes = []));

  const receiver = (options: Partial<WebhookOptions> = {}) =>
    webhookApp({ secrets: [SECRET], gatherMs: 0, poke: async (uids) => void pokes.push(uids), ...options });

  function post(body: unknown, path = `/webhook/${SECRET}`, headers: Record<string, string> = {}, app = receiver()) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return app.request(path, {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  it('takes an event as a hint, and hands it to the feed before it says so', async () => {
    assert.equal((await post(event())).status, 202);
    assert.deepEqual(pokes, [[UID]]);
    assert.equal((await post(event(), '/webhook', { 'x-webhook-secret': SECRET })).status, 202);
  });

  for (const [what, body, uids] of [
    ['the shape of 2023', event(), [UID]],
    ['task.uid', { task: { uid: UID.toUpperCase() } }, [UID]],
    ['data.task.uid beside an event id of its own', { uid: 'evt_1', data: { task: { uid: UID } } }, [UID]],
    ['uid', { uid: UID, status: 'DONE' }, [UID]],
    ['task_uid', { event: 'x', task_uid: UID }, [UID]],
    ['a list, where one names nothing', [event(), { task: null }, event()], [UID]],
  ] as const) {
    it(`finds the task in ${what}`, async () => {
      assert.equal((await post(body)).status, 202);
      assert.deepEqual(pokes, [uids]);
    });
  }

  for (const [what, status, send] of [
    ['58: a wrong secret', 401, () => post(event(), '/webhook/wrong')],
    ['58: no secret', 401, () => post(event(), '/webhook')],
    ['58: a body beyond 64 KiB', 413, () => post({ uid: UID, fill: 'x'.repeat(65_536) })],
    ['58: another content type', 415, () => post(event(), undefined, { 'content-type': 'text/plain' })],
    ['22: what is not JSON', 400, () => post('{"uid":')],
    ['22: an empty body', 400, () => post('')],
    ['19: an event that names no task', 422, () => post({ type: 'task.completed', data: {} })],
    ['19: a task id that is none of Fragment', 422, () => post({ uid: 'task_123' })],
    ['19: an unknown path', 404, () => post(event(), '/hooks')],
    ['a number for an event', 422, () => post('7')],
  ] as const) {
    it(`${what}: ${status}, and the feed hears nothing`, async () => {
      const answer = await send();
      assert.equal(answer.status, status);
      assert.doesNotMatch(await answer.text(), new RegExp(SECRET));
      assert.deepEqual(pokes, []);
    });
  }

  for (const [what, length] of [
    ['that does not say how large it is', {}],
    ['that says that it is far too large', { 'content-length': '1000000000' }],
  ] as [string, Record<string, string>][]) {
    it(`58: under a wrong secret nothing is read of a body ${what}: 401`, async () => {
      let read = 0;
      const pull = (stream: ReadableStreamDefaultController) => {
        read += 1;
        stream.enqueue(new Uint8Array(1_024));
      };
      const answer = await receiver().request('/webhook/wrong', {
        method: 'POST',
        body: new ReadableStream({ pull }, { highWaterMark: 0 }),
        duplex: 'half',
        headers: { 'content-type': 'application/json', ...length },
      });
      assert.deepEqual([answer.status, read], [401, 0]);
    });
  }

  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    it(`58: ${method} is not allowed: 405, and says what is`, async () => {
      const answer = await receiver().request(`/webhook/${SECRET}`, { method });
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST']);
    });
  }

  it('59: takes the old and the new secret while it is changed, and the old no longer then', async () => {
    const both = receiver({ secrets: ['new', SECRET] });
    assert.equal((await post(event(), '/webhook/new', {}, both)).status, 202);
    assert.equal((await post(event(), `/webhook/${SECRET}`, {}, both)).status, 202);
    assert.equal((await post(event(), `/webhook/${SECRET}`, {}, receiver({ secrets: ['new'] }))).status, 401);
  });

  it('refuses to run without a secret', () => {
    for (const secrets of [[], [''], [SECRET, '']]) assert.throws(() => receiver({ secrets }), /secrets: at least one/);
    for (const keys of [[], ['']])
      assert.throws(() => receiver({ signature: { keys } }), /signature.keys: at least one/);
  });

  describe('58: where the sender signs', () => {
    const key = 'hmac-key';
    const app = () => receiver({ signature: { keys: ['next-key', key] } });
    const sign = (body: string, at: number | string, by = key) => ({
      'x-timestamp': String(at),
      'x-signature': `sha256=${createHmac('sha256', by).update(`${at}.${body}`).digest('hex')}`,
    });
    const body = JSON.stringify(event());
    const seconds = () => Math.floor(Date.now() / 1_000);

    for (const [what, headers, status] of [
      ['a good signature', () => sign(body, seconds()), 202],
      ['one by the next key', () => sign(body, seconds(), 'next-key'), 202],
      ['a time in ms', () => sign(body, Date.now()), 202],
      ['a time in ISO 8601', () => sign(body, new Date().toISOString()), 202],
      ['no signature', () => ({}), 401],
      ['a signature of another body', () => sign(`${body} `, seconds()), 401],
      ['another key', () => sign(body, seconds(), 'guess'), 401],
      ['what was overheard ten minutes ago', () => sign(body, seconds() - 600), 401],
      [
        'a fresh time over an old signature',
        () => ({ ...sign(body, seconds() - 600), 'x-timestamp': String(seconds()) }),
        401,
      ],
      ['a time that is none', () => sign(body, 'yesterday'), 401],
    ] as [string, () => Record<string, string>, number][]) {
      it(`${what}: ${status}`, async () => {
        assert.equal((await post(body, undefined, headers(), app())).status, status);
        assert.equal(pokes.length, status === 202 ? 1 : 0);
      });
    }
  });

  it('says 503, and when to come again, where the feed cannot be told; and keeps nothing back for later', async () => {
    let down = true;
    const app = receiver({
      poke: async (uids) => {
        if (down) throw new Error('connect ECONNREFUSED temporal.internal:7233');
        pokes.push(uids);
      },
    });
    const answer = await post(event(), undefined, {}, app);
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5']);
    assert.doesNotMatch(await answer.text(), /temporal\.internal/);
    down = false;
    const other = UID.replace('202c', '302c');
    assert.equal((await post(event(other), undefined, {}, app)).status, 202);
    assert.deepEqual(pokes, [[other]]);
  });

  it('tells its log the status, and neither the path nor the task', async () => {
    const answers: unknown[] = [];
    const app = receiver({ onAnswer: (answer) => void answers.push(answer) });
    await post(event(), undefined, {}, app);
    await post(event(), '/webhook/wrong', {}, app);
    assert.deepEqual(answers, [
      { status: 202, tasks: 1 },
      { status: 401, why: 'wrong secret' },
    ]);
  });

  it('tells its log why the feed could not be told: the failure by name and code, and none of its words', async () => {
    const answers: unknown[] = [];
    const failure = new ServiceError('zz-host', { cause: Object.assign(new Error('zz-host'), { code: 14 }) });
    const app = receiver({ poke: () => Promise.reject(failure), onAnswer: (answer) => void answers.push(answer) });
    await post(event(), undefined, {}, app);
    const why = 'the change feed cannot be told now';
    assert.deepEqual(answers, [{ status: 503, why, failure: 'ServiceError', code: 14 }]);
  });

  it('tells its log of a failure of its own, and why it is not ready', async () => {
    const answers: unknown[] = [];
    const failure = Object.assign(new RangeError('zz-host'), { code: 14 });
    const onAnswer = (answer: { status: number }) => {
      answers.push(answer);
      if (answer.status === 202) throw failure;
    };
    assert.equal((await post(event(), undefined, {}, receiver({ onAnswer }))).status, 500);
    await receiver({ onAnswer, ready: () => Promise.reject(failure) }).request('/readyz');
    await receiver({ onAnswer, ready: () => Promise.resolve(false) }).request('/readyz');
    assert.deepEqual(answers.slice(1), [
      { status: 500, why: 'the receiver failed', failure: 'RangeError', code: 14 },
      { status: 503, why: 'not ready', failure: 'RangeError', code: 14 },
      { status: 503, why: 'not ready' },
    ]);
  });

  it('is alive at once, and ready when Temporal is', async () => {
    const app = receiver({ ready: () => Promise.reject(new Error('away')) });
    assert.equal((await app.request('/livez')).status, 200);
    assert.equal((await app.request('/readyz')).status, 503);
    assert.equal((await receiver().request('/readyz')).status, 200);
  });

  describe('under load, over HTTP, with a feed behind it', () => {
    let stage: Stage;
    let url: string;
    let signals = 0;
    let server: ReturnType<typeof createAdaptorServer>;
    before(async () => {
      stage = await setStage({ team: false });
      const poke = pokeFeed(stage.temporal);
      const app = webhookApp({ secrets: [SECRET], poke: (uids) => ((signals += 1), poke(uids)) });
      server = createAdaptorServer({ fetch: app.fetch });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(async () => {
      await new Promise((resolve) => server?.close(resolve));
      await stage?.stop();
    });

    const feed = () => stage.temporal.workflow.getHandle(FEED_WORKFLOW_ID).query(feedStatusQuery);
    /** Each says its status; 50 at once. */
    async function send(secret: string, uids: string[]): Promise<Record<number, number>> {
      const statuses: Record<number, number> = {};
      const waiting = [...uids];
      const sender = async () => {
        for (let uid = waiting.pop(); uid; uid = waiting.pop()) {
          const { status } = await fetch(`${url}/webhook/${secret}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(event(uid)),
          });
          statuses[status] = (statuses[status] ?? 0) + 1;
        }
      };
      await Promise.all(Array.from({ length: 50 }, sender));
      return statuses;
    }
    const many = Array.from({ length: 1_000 }, (_, n) => UID.slice(0, -4) + n.toString(16).padStart(4, '0'));

    it('is ready where the feed of its account runs, and in no other namespace or account', async () => {
      const { connection } = stage.temporal;
      const readyz = async (client: Client, account?: string) =>
        (await receiver({ ready: feedRuns(client, account) }).request('/readyz')).status;
      assert.equal(await readyz(stage.temporal), 200);
      assert.equal(await readyz(stage.temporal, 'mistyped'), 503);
      assert.equal(await readyz(new Client({ connection, namespace: 'mistyped' })), 503);
    });

    it('58: a thousand forged ones cost no signal, and the feed keeps its own time', async () => {
      assert.deepEqual(await send('guessed', many), { 401: 1_000 });
      assert.equal(signals, 0);
      assert.equal((await feed()).unknownHints, 0);
    });

    it('19, 56: a thousand with the secret, for tasks that nobody awaits, are counted and cost no request for any of them', async () => {
      const before = { rounds: (await feed()).rounds, requests: stage.sandbox.stats().requests, signals };
      const began = performance.now();
      assert.deepEqual(await send(SECRET, many), { 202: 1_000 });
      const seconds = (performance.now() - began) / 1_000;
      const rounds = (await feed()).rounds - before.rounds + 1;
      const { requests, byEndpoint } = stage.sandbox.stats();
      // A round is one request to the list, webhooks or none.
      assert.ok(requests - before.requests <= rounds, `${requests - before.requests} requests in ${rounds} rounds`);
      assert.deepEqual(Object.keys(byEndpoint), ['GET /tasks']);
      // A second apart, however long the senders take on a busy machine.
      assert.ok(signals - before.signals <= seconds + 2, `${signals - before.signals} signals in ${seconds} s`);
      await until(async () => (await feed()).unknownHints > 0);
    });

    it('68: a completion that a webhook brings twice, through two receivers, decides once', async () => {
      const handle = await stage.startClaim({ id: 'hooked', total: { amount: 1_000, currency: 'USD' } });
      const review = async () => {
        for (;;) {
          const task = stage.sandbox.tasks.all().find(({ status }) => status === 'TODO');
          if (task) return task;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      const { uid } = await review();
      stage.sandbox.tasks.apply('PATCH', { uid, status: 'DONE' }, 'person@example.com');
      const other = webhookApp({ secrets: [SECRET], poke: pokeFeed(stage.temporal) });
      await Promise.all([send(SECRET, Array<string>(20).fill(uid)), post(event(uid), undefined, {}, other)]);
      await review();
      // It would be told a second time in a round after that.
      const { rounds } = await feed();
      await until(async () => (await feed()).rounds >= rounds + 2);
      const told = async () => {
        const { events } = await handle.fetchHistory();
        return events?.filter((each) => each.workflowExecutionSignaledEventAttributes).length;
      };
      assert.equal(await told(), 1);
      await handle.terminate();
    });
  });
});
