import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface SignatureRule {
  /** Any of these may have signed: a key is changed by adding the new one before the old one goes. */
  keys: readonly string[];
  /** @default 300 */
  windowSeconds?: number;
}

export interface Signed {
  /** Seconds or milliseconds since 1970, or ISO 8601, as it stood in the header. */
  timestamp: string | undefined;
  /** HMAC-SHA256 in hex over `<timestamp>.<body>`; `sha256=` or `v1=` may stand before it. */
  signature: string | undefined;
  body: string;
}

/** What is wrong with the signature, or undefined. The time is signed too, so what was overheard is good for minutes only. */
export function signatureProblem(
  { keys, windowSeconds = 300 }: SignatureRule,
  { timestamp, signature, body }: Signed,
  now: number,
): string | undefined {
  if (!timestamp || !signature) return 'the signature or its timestamp is missing';
  const age = now - moment(timestamp);
  if (!(Math.abs(age) <= windowSeconds * 1_000)) return 'the timestamp is outside of the window';
  const given = signature.replace(/^(sha256|v1)=/, '').toLowerCase();
  const expected = keys.map((key) => createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex'));
  return isOneOf(given, expected) ? undefined : 'the signature does not fit';
}

/** In a time that tells nothing of how much of it was right, nor of which one it was. */
export function isOneOf(given: string, known: readonly string[]): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const presented = digest(given);
  let found = false;
  for (const each of known) found = timingSafeEqual(digest(each), presented) || found;
  return found;
}

function moment(timestamp: string): number {
  if (!/^\d+(\.\d+)?$/.test(timestamp)) return Date.parse(timestamp);
  const number = Number(timestamp);
  return number < 1e11 ? number * 1_000 : number;
}
