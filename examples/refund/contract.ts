import { defineSearchAttributeKey } from '@temporalio/common';
import type { Lifecycle } from '../../workflows/tasks/index.js';

export const REFUND = 'refund';
/** Where a refund stands, for list queries: `RefundStep = 'approve'`. */
export const refundStepKey = defineSearchAttributeKey('RefundStep', 'KEYWORD');

export const refundWorkflowId = (orderId: string): string => `refund-${orderId}`;
export const orderIdOf = (workflowId: string): string | undefined => /^refund-(.+)$/.exec(workflowId)?.[1];
/** What the uids of a refund's tasks are made from. It never changes, or running refunds would lose their tasks. */
export const refundTaskKey = (orderId: string): string => `refund#${orderId}`;

export interface RefundInput {
  orderId: string;
  currency: string;
  lifecycle: Lifecycle;
}

export interface RefundResult {
  outcome: 'paid_back' | 'rejected' | 'withdrawn';
  /** Minor units. */
  amount?: number;
  reference?: string;
  reason?: string;
}
