import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { parsePayloadKeys, PayloadKeysError } from '../../codec/keys.js';

const key = () => randomBytes(32).toString('base64');

describe('parsePayloadKeys', () => {
  it('encrypts with the first, decrypts with all', () => {
    const { current, keys } = parsePayloadKeys(`2026-11:${key()}, 2026-05:${key()}`);
    assert.deepEqual([current, [...keys.keys()]], ['2026-11', ['2026-11', '2026-05']]);
  });

  it('refuses what is no set of keys, naming the entry and nothing of its text', () => {
    const secret = key();
    const wrong: [string, RegExp][] = [
      ['', /is set and empty/],
      [secret, /entry 1 is not id:base64/],
      [`a:${secret},`, /entry 2 is not id:base64/],
      [`a:${secret},a:${key()}`, /entry 2 has the id of an earlier one/],
      [`a:${Buffer.from('short').toString('base64')}`, /entry 1 holds 5 bytes instead of 32/],
      [`a:${Buffer.alloc(32).toString('base64')}`, /entry 1 is one byte repeated/],
    ];
    for (const [text, problem] of wrong) {
      assert.throws(
        () => parsePayloadKeys(text),
        (error: Error) => error instanceof PayloadKeysError && problem.test(error.message),
        text,
      );
      assert.throws(
        () => parsePayloadKeys(text),
        (error: Error) => !error.message.includes(secret),
      );
    }
  });
});
