import { createHash } from 'node:crypto';

/**
 * Fragment's own recipe for a task's uid: the MD5 of an invariant key, written as 8-4-4-4-12 (fact sheet, section 6).
 * The same key always meets the same task, so a creation can be repeated safely.
 *
 * No version or variant bits are set: the result is no RFC 9562 UUID, and uuid libraries make another id of the same key.
 */
export function taskUid(key: string): string {
  const hex = createHash('md5').update(key, 'utf8').digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
