import type { AuditEntry, ProcessState } from './contract.js';

/** Puts on record what has just happened: who did what, and why. */
export function audited(state: ProcessState, entry: Omit<AuditEntry, 'at'>): void {
  state.audit.push({ at: new Date().toISOString(), ...entry });
}
