import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { JSONToPayload, payloadToJSON } from '@temporalio/common/lib/proto-utils.js';
import { parsePayloadKeys } from '../../codec/keys.js';
import { EncryptionCodec } from '../../codec/payload-codec.js';
import { createCodecServer } from '../../codec/server.js';

const UI = 'http://localhost:8233';
const TOKEN = 'codec-test-token';

describe('codec server', () => {
  const codec = new EncryptionCodec(parsePayloadKeys(`k:${randomBytes(32).toString('base64')}`));
  const app = createCodecServer({ codec, token: TOKEN, origins: [UI] });
  let encrypted: object;
  before(async () => {
    const [payload] = await codec.encode([defaultPayloadConverter.toPayload({ note: 'private' })]);
    encrypted = payloadToJSON(payload!);
  });

  const decode = (headers: Record<string, string>, body: unknown = { payloads: [encrypted] }) =>
    app.request('/decode', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const signIn = async (token: string) => {
    const body = new URLSearchParams({ token });
    const answer = await app.request('/', { method: 'POST', body });
    return { status: answer.status, cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' };
  };

  it('decrypts for whoever has the token', async () => {
    const answer = await decode({ authorization: `Bearer ${TOKEN}` });
    const { payloads } = (await answer.json()) as { payloads: Parameters<typeof JSONToPayload>[0][] };
    assert.deepEqual(defaultPayloadConverter.fromPayload(JSONToPayload(payloads[0]!)), { note: 'private' });
  });

  it('tells nothing to anybody else', async () => {
    const strangers: Record<string, string>[] = [
      {},
      { authorization: 'Bearer wrong' },
      { cookie: 'codec_session=guess' },
    ];
    for (const headers of strangers) {
      const answer = await decode(headers);
      assert.equal(answer.status, 401);
      assert.ok(!(await answer.text()).includes('private'));
    }
    assert.equal((await signIn('wrong')).status, 401);
  });

  it('knows a browser that has signed in, from the pages that it is meant for', async () => {
    const { cookie } = await signIn(TOKEN);
    assert.equal((await decode({ cookie, origin: UI })).status, 200);
    assert.equal((await decode({ cookie, origin: 'http://localhost:9999' })).status, 401);
  });

  it('is known to a Web UI of another site too, where TLS lets browsers keep such a cookie', async () => {
    const cookieOf = async (headers: Record<string, string>) => {
      const body = new URLSearchParams({ token: TOKEN });
      return (await app.request('/', { method: 'POST', body, headers })).headers.get('set-cookie') ?? '';
    };
    assert.match(await cookieOf({ 'x-forwarded-proto': 'https' }), /HttpOnly; Secure; SameSite=None/);
    assert.match(await cookieOf({}), /HttpOnly; SameSite=Lax/);
  });

  it('reads no form, and no page of payloads, beyond its size: 413', async () => {
    const form = await signIn(TOKEN.padEnd(4 * 1024, 'x'));
    assert.equal(form.status, 413);
    const page = await decode({ authorization: `Bearer ${TOKEN}` }, 'x'.repeat(8 * 1024 * 1024 + 1));
    assert.equal(page.status, 413);
    assert.match(await page.text(), /too large/);
    assert.equal((await decode({ authorization: `Bearer ${TOKEN}` }, 'no JSON')).status, 400);
  });

  it('lets only the Web UI read its answers', async () => {
    const preflight = (origin: string) =>
      app.request('/decode', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-namespace' },
      });
    const allowed = await preflight(UI);
    assert.equal(allowed.headers.get('access-control-allow-origin'), UI);
    assert.equal(allowed.headers.get('access-control-allow-credentials'), 'true');
    assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /x-namespace/i);
    assert.equal((await preflight('http://evil.example')).headers.get('access-control-allow-origin'), null);
  });

  it('may neither be framed nor kept', async () => {
    for (const answer of [
      await app.request('/'),
      await decode({ authorization: `Bearer ${TOKEN}` }),
      await decode({}),
    ]) {
      assert.match(answer.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
    }
  });

  it('says what is wrong with a body', async () => {
    const authorization = `Bearer ${TOKEN}`;
    assert.equal((await decode({ authorization }, 'not json')).status, 400);
    assert.equal((await decode({ authorization }, { items: [] })).status, 400);
    const tampered = { ...encrypted, data: Buffer.alloc(40).toString('base64') };
    assert.equal((await decode({ authorization }, { payloads: [tampered] })).status, 400);
  });
});
