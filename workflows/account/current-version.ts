/**
 * What belongs to an account never ends, and must not keep the version that it began on alive: where another one has become
 * current it continues as new there. So each run is of one version, and its history is replayed by no other.
 */
import { makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { Workflow } from '@temporalio/common';

/** Another version is current than the one this runs on; never so where workers are unversioned. */
export const isOutdated = (): boolean => workflowInfo().targetWorkerDeploymentVersionChanged;

/** Continues as new, on the version that is current by then. */
export function continueOnCurrent<W extends Workflow>(...args: Parameters<W>): Promise<never> {
  return makeContinueAsNewFunc<W>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(...args);
}
