/** A signal that a handler throws at stops its workflow for good, and with these the account's: what is none is no news. */
import type { LeaseTaken } from './lease-contract.js';

/** The tasks that a poke names; none where it is anything else. */
export function hintsOf(poke: unknown): string[] {
  const { uids } = (poke ?? {}) as { uids?: unknown };
  return Array.isArray(uids) ? uids.filter((uid) => typeof uid === 'string') : [];
}

export function isLeaseTaken(by: unknown): by is LeaseTaken {
  const { holder, since } = (by ?? {}) as Partial<Record<keyof LeaseTaken, unknown>>;
  return typeof holder === 'string' && typeof since === 'string';
}
