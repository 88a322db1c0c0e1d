import { createSecretKey, type KeyObject } from 'node:crypto';

export interface PayloadKeys {
  /** The id of the key that encrypts. */
  current: string;
  /** Every key that decrypts, by id. */
  keys: ReadonlyMap<string, KeyObject>;
}

/** What is wrong with PAYLOAD_KEYS: by entry, never with any of its text, which may be a key. */
export class PayloadKeysError extends Error {
  override readonly name = 'PayloadKeysError';
  constructor(problem: string) {
    super(`PAYLOAD_KEYS: ${problem}; it is a comma-separated list of id:key, each key the base64 of 32 random bytes`);
  }
}

const KEY_BYTES = 32;

/**
 * Reads `id:base64,id:base64`. The first key encrypts, all of them decrypt, so a key is rotated by putting the new one
 * in second place everywhere, then in first, and dropping the old one when no history needs it any more.
 * @throws PayloadKeysError: a process with a bad key must not start, it would write what nobody can read.
 */
export function parsePayloadKeys(text: string): PayloadKeys {
  if (text.trim() === '') throw new PayloadKeysError('is set and empty: unset it where nothing is to be encrypted');
  const keys = new Map<string, KeyObject>();
  for (const [index, entry] of text.split(',').entries()) {
    const place = `entry ${index + 1}`;
    const [, id, base64] = /^\s*([\w.-]{1,64}):([A-Za-z0-9+/=_-]+)\s*$/.exec(entry) ?? [];
    if (!id || !base64) throw new PayloadKeysError(`${place} is not id:base64`);
    if (keys.has(id)) throw new PayloadKeysError(`${place} has the id of an earlier one`);
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length !== KEY_BYTES) {
      throw new PayloadKeysError(`${place} holds ${bytes.length} bytes instead of ${KEY_BYTES}`);
    }
    if (new Set(bytes).size === 1) throw new PayloadKeysError(`${place} is one byte repeated, not a key`);
    keys.set(id, createSecretKey(bytes));
  }
  const [current] = keys.keys();
  return { current: current as string, keys };
}
