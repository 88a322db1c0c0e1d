/** What a server in Fragment's or the payment provider's place can do to whoever asks it. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createPaymentActivities } from '../../activities/payments.js';
import { FragmentClient } from '../../fragment/client.js';
import { FragmentUnavailableError } from '../../fragment/errors.js';

const UID = 'c6951f29-e70d-04c9-3733-50f90b248db2';
const OTHER = '202cb962-ac59-075b-964b-07152d234b70';
const TOKEN = 'token-of-the-test';
/** Beyond what any answer may have. */
const HUGE = 33 * 1024 * 1024;

describe('a hostile Fragment', function () {
  this.timeout(20_000);
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  async function serve(answer: RequestListener): Promise<string> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const client = (baseUrl: string, timeoutMs?: number) =>
    new FragmentClient({ baseUrl, token: TOKEN, userAgent: 'test/1.0', timeoutMs });
  const json = (text: string | Buffer, headers: Record<string, string> = {}): RequestListener => {
    return (_, response) => response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
  };
  const refusedTo = (work: Promise<unknown>, why: RegExp) =>
    assert.rejects(work, (error: Error) => error instanceof FragmentUnavailableError && why.test(error.message));

  it('is not read beyond the size of any sane answer', async () => {
    const body = JSON.stringify({ uid: UID, fill: 'x'.repeat(HUGE) });
    await refusedTo(client(await serve(json(body))).getTask(UID), /no answer/);
  });

  it('is not unpacked beyond that size either', async () => {
    const bomb = gzipSync(JSON.stringify({ uid: UID, fill: 'x'.repeat(HUGE) }));
    assert.ok(bomb.length < 100_000);
    await refusedTo(client(await serve(json(bomb, { 'content-encoding': 'gzip' }))).getTask(UID), /no answer/);
  });

  it('cannot hold a request beyond its time by answering a byte at a time', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
      const drip = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(drip));
    });
    await refusedTo(client(url, 400).getTask(UID), /no whole answer in 0\.4 s/);
  });

  for (const status of [301, 302, 307, 308]) {
    it(`does not get the token sent to another host (${status})`, async () => {
      const heard: unknown[] = [];
      const elsewhere = await serve(({ headers }, response) => {
        heard.push(headers.authorization);
        response.end('{}');
      });
      const url = await serve((_, response) => response.writeHead(status, { location: elsewhere }).end());
      await refusedTo(client(url).putTask(UID, { fields: {} }), new RegExp(`answered ${status}`));
      assert.deepEqual(heard, []);
    });
  }

  for (const [what, body] of [
    ['what is not JSON', '{"uid": '],
    ['HTML', '<html>blocked</html>'],
    ['a list', '[]'],
    ['nothing', ''],
    ['a uid that is a path', '{"uid": "../accounts/me"}'],
    ['a status that is an object', `{"uid": "${UID}", "status": {"name": "DONE"}}`],
  ] as const) {
    it(`answers ${what}: no outcome is made of it`, async () => {
      await refusedTo(client(await serve(json(body))).getTask(UID), /in a shape we do not know/);
    });
  }

  it('answers with another task than the one asked for: it does not stand for that one', async () => {
    const done = JSON.stringify({ uid: OTHER, status: 'DONE', form_data: { decision: 'approve' } });
    const asked = client(await serve(json(done)));
    for (const work of [asked.getTask(UID), asked.putTask(UID, { fields: {} }), asked.patchTask(UID, { fields: {} })]) {
      await refusedTo(work, new RegExp(`another task.*${UID}`));
    }
  });

  it('cannot give every object a property by a key such as __proto__', async () => {
    const poison = '{"status": "DONE", "polluted": true}';
    const body = `{"uid": "${UID}", "__proto__": ${poison}, "fields": {"__proto__": ${poison}}}`;
    const task = await client(await serve(json(body))).getTask(UID);
    assert.equal(task.status, undefined);
    assert.equal(task.fields?.status, undefined);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('writes no line of its own into a log by a newline in its reason', async () => {
    const url = await serve((_, response) => {
      const detail = 'no\r\n{"level":30,"msg":"paid"}\u001b[2K\u0007';
      response.writeHead(422, { 'content-type': 'application/json' }).end(JSON.stringify({ detail }));
    });
    await assert.rejects(client(url).getTask(UID), ({ message }: Error) => !/\p{Cc}/u.test(message));
  });

  describe('or a payment provider', () => {
    const pay = (url: string) =>
      createPaymentActivities({ url, token: TOKEN }).pay({ claimId: 'C-1', attempt: 1, amount: 1, currency: 'USD' });

    it('does not have an order for money repeated at another host', async () => {
      const heard: unknown[] = [];
      const elsewhere = await serve(({ url }, response) => {
        heard.push(url);
        response.end('{"id": "p"}');
      });
      const url = await serve((_, response) => response.writeHead(307, { location: `${elsewhere}/pay` }).end());
      await assert.rejects(pay(url), /answered 307/);
      assert.deepEqual(heard, []);
    });

    it('is not read beyond the size of any sane answer', async () => {
      await assert.rejects(pay(await serve(json(`{"id": "p", "fill": "${'x'.repeat(HUGE)}"}`))), /no answer/);
    });

    for (const status of [409, 425]) {
      it(`is asked again where it answers ${status}: a call with the same key may be under way`, async () => {
        let asked = 0;
        const url = await serve((_, response) => {
          asked += 1;
          response.writeHead(asked === 1 ? status : 200, { 'content-type': 'application/json' });
          response.end(asked === 1 ? '{"code": "idempotency_key_in_use"}' : '{"id": "p"}');
        });
        await assert.rejects(pay(url), ({ nonRetryable }: ApplicationFailure) => nonRetryable === false);
        assert.deepEqual(await pay(url), { id: 'p' });
      });
    }

    it('names no path by the id that it gives', async () => {
      const asked: unknown[] = [];
      const url = await serve((request, response) => {
        asked.push(request.url);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"id": "p"}');
      });
      const activities = createPaymentActivities({ url });
      const refund = { claimId: 'C-1', paymentId: '../accounts?close=1#' };
      const silent = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
      await silent.run(() => activities.refundPayment(refund));
      assert.deepEqual(asked, ['/..%2Faccounts%3Fclose%3D1%23/refund']);
    });

    it('says no at length: what is kept of its reason is short and of one line', async () => {
      const url = await serve((_, response) => {
        const message = `no\n${'x'.repeat(5_000)}`;
        response.writeHead(402, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
      });
      await assert.rejects(pay(url), ({ message }: Error) => message.length < 400 && !message.includes('\n'));
    });
  });
});
