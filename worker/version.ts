import type { WorkerDeploymentOptions } from '@temporalio/worker';
import type { Config } from './config.js';

/**
 * The version that a worker for processes is of; undefined where the configuration names none, and every worker runs
 * everything.
 *
 * A process ends on the version that it began on; the account's feed and lease, which never end, continue as new on the
 * current one. Gateway workers are of no version: there is one sender for an account, and it serves the processes of all.
 */
export function workerVersion(config: Config): WorkerDeploymentOptions | undefined {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId } = config;
  if (!deploymentName || !buildId) return undefined;
  return { version: { deploymentName, buildId }, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' };
}
