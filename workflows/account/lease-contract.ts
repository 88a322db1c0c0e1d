/** Every name by which the outside speaks with an account's lease. Plain data only (see tasks/contract). */
import { defineSignal } from '@temporalio/workflow';

export const LEASE_WORKFLOW = 'gatewayLease';
export const leaseWorkflowId = (account?: string): string =>
  account ? `fragment-gateway-${account}` : 'fragment-gateway';

export interface LeaseTaken {
  /** The process, as `pid@host`. */
  holder: string;
  /** ISO 8601. */
  since: string;
}

export interface LeaseInput {
  /** Absent: the default account. */
  account?: string;
  takeovers?: number;
  last?: LeaseTaken;
}

/** Sent by the holder itself. */
export const leaseTakenSignal = defineSignal<[LeaseTaken]>('leaseTaken');
