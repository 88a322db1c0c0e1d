/** Fragment's HTTP API as typed calls, and the gateway that keeps its limit. Knows nothing of Temporal. */
export { FragmentClient } from './client.js';
export { Gateway, type GatewayOptions } from './gateway.js';
export { FragmentAuthError, FragmentError, FragmentRejectedError, FragmentUnavailableError } from './errors.js';
export { taskUid } from './uid.js';
export type { Task, TaskStatus, TaskWrite } from './schema.js';
