import { defineSearchAttributeKey } from '@temporalio/common';
import type { Lifecycle } from '../../workflows/tasks/index.js';

export const KYC_REVIEW = 'kycReview';
export const kycStepKey = defineSearchAttributeKey('KycStep', 'KEYWORD');

export const kycWorkflowId = (customerId: string): string => `kyc-${customerId}`;
export const customerIdOf = (workflowId: string): string | undefined => /^kyc-(.+)$/.exec(workflowId)?.[1];
export const kycTaskKey = (customerId: string): string => `kyc#${customerId}`;

export interface KycInput {
  customerId: string;
  lifecycle: Lifecycle;
  /** E-mail address of whoever gets a review that is overdue. */
  lead: string;
}

export interface KycResult {
  outcome: 'cleared' | 'blocked' | 'withdrawn';
  rounds: number;
  reason?: string;
}
