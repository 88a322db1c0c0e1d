/** The interceptors of a bundle for traced workers; see worker/bundle.ts. */
import { interceptors as traced } from '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors.js';
import { workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { FEED_WORKFLOW } from './account/contract.js';
import { LEASE_WORKFLOW } from './account/lease-contract.js';

/** They continue as new for years, and a run hands its trace to the next: it would never end. */
const ENDLESS = [FEED_WORKFLOW, LEASE_WORKFLOW];

export const interceptors = (): WorkflowInterceptors => (ENDLESS.includes(workflowInfo().workflowType) ? {} : traced());
