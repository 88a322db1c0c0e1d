import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { messageOf } from '../../cli/failure.js';
import { parsePayloadKeys } from '../../codec/keys.js';
import { EncryptionCodec } from '../../codec/payload-codec.js';
import { flows } from './flows.js';

describe('a failure of flows', function () {
  this.timeout(120_000);

  it('says what to set where Temporal holds what this shell has no key for', async () => {
    const codec = new EncryptionCodec(parsePayloadKeys(`k:${randomBytes(32).toString('base64')}`));
    const [payload] = await codec.encode([defaultPayloadConverter.toPayload('private')]);
    try {
      defaultPayloadConverter.fromPayload(payload!);
      assert.fail('it was read');
    } catch (error) {
      assert.match(messageOf(error), /is encrypted, .*set PAYLOAD_KEYS as the workers have it/);
    }
  });

  for (const [what, args, env, said] of [
    ['keys that are none', ['claim', 'list'], { PAYLOAD_KEYS: 'nonsense' }, /PAYLOAD_KEYS: entry 1 is not id:base64/],
    ['an account that is not described', ['probe', '--account', 'acme'], {}, /no Fragment account acme is configured/],
    [
      'gateways without tokens',
      ['worker'],
      { FRAGMENT_ACCOUNTS: 'acme,globex', TEMPORAL_ADDRESS: '127.0.0.1:1' },
      /a gateway needs a token .*: FRAGMENT_API_TOKEN_ACME, FRAGMENT_API_TOKEN_GLOBEX$/m,
    ],
  ] as const) {
    it(`is wrong usage where the environment is to blame: ${what}`, async () => {
      const { code, stderr } = await flows([...args], { env });
      assert.match(stderr, said);
      assert.equal(code, 2, stderr);
    });
  }

  it('tells a processes worker nothing of tokens that it does not need', async () => {
    const env = { FRAGMENT_ACCOUNTS: 'acme', TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const { code, stderr } = await flows(['worker', '--role', 'processes'], { env });
    assert.match(
      stderr,
      /Temporal cannot be reached at 127\.0\.0\.1:1: .*TEMPORAL_TLS_.*\(.*[Cc]onnection ?refused.*\)$/m,
    );
    assert.equal(code, 1);
  });

  it('shows its stack where DEBUG asks for it, and those of what caused it', async () => {
    const env = { DEBUG: '1', TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const { code, stderr } = await flows(['claim', 'list'], { env });
    assert.match(stderr, /^TemporalUnreachableError: [^]*\n {4}at [^]*\ncaused by: .*Error: [^]*\n {4}at /m);
    assert.equal(code, 1);
  });

  for (const args of [
    ['claim', 'start', '-'],
    ['feed', 'status'],
    ['reconcile'],
    ['probe'],
    ['webhook'],
    ['worker'],
    ['gateway', 'status'],
  ]) {
    it(`${args.join(' ')}: an account that cannot be one is refused once, before anything is asked`, async () => {
      const claims = ['a', 'b'].map((id) => JSON.stringify({ id, total: { amount: 1, currency: 'USD' } })).join('\n');
      const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', FRAGMENT_API_TOKEN: 'x', WEBHOOK_SECRET: 'x' };
      const { code, stderr } = await flows([...args, '--account', 'Acme!'], { env, input: claims });
      assert.equal(stderr.match(/is no account name/g)?.length, 1, stderr);
      assert.equal(code, 2);
    });
  }
});
