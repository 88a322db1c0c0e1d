/** Every workflow type, and nothing else: each function exported here becomes one. */
export { taskFeed } from './account/feed.js';
export { gatewayLease } from './account/lease.js';
export { reconcile } from './account/reconcile.js';
export { claim } from './claim/workflow.js';
export { onboarding } from './onboarding/workflow.js';
