import type { Client } from '@temporalio/client';
import { inTime } from '../client/in-time.js';
import { PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { unanswered, type Finding } from './doctor-finding.js';

/** As Temporal numbers the types of task queues, and the ways of versioning. */
const WORKFLOW_TASKS = 1;
const VERSIONED = 2;

type Version = { deploymentName?: string | null; buildId?: string | null } | null | undefined;

/** Whether somebody runs the processes; and where workers are of versions, whether one of the current version does. */
export async function workersFinding(client: Client): Promise<Finding> {
  const what = `workers on ${PROCESSES_QUEUE}`;
  try {
    return judged(what, await inTime(client, () => queueOf(client)));
  } catch (error) {
    return unanswered(what, error);
  }
}

type Queue = Awaited<ReturnType<typeof queueOf>>;

function queueOf({ workflowService, options: { namespace } }: Client) {
  const taskQueue = { name: PROCESSES_QUEUE };
  return workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType: WORKFLOW_TASKS });
}

function judged(what: string, { pollers, versioningInfo }: Queue): Finding {
  const workers = new Map(
    (pollers ?? []).map(({ identity, deploymentOptions: own }) => [
      identity,
      spelled((own?.workerVersioningMode as number) === VERSIONED ? own : undefined),
    ]),
  );
  if (workers.size === 0) {
    return {
      what,
      verdict: 'warning',
      said: 'nobody takes work',
      remedy: 'start one: flows worker --role processes',
    };
  }
  const current = spelled(versioningInfo?.currentDeploymentVersion);
  const versions = [...new Set(workers.values())].toSorted();
  const said = `${workers.size} within the last minutes`;
  const plain = versions.length === 1 && versions[0] === UNVERSIONED && current === UNVERSIONED;
  if (plain) return { what, verdict: 'ok', said };
  const seen = `${said} (${versions.join(', ')})`;
  if (versions.includes(current)) return { what, verdict: 'ok', said: `${seen}; current: ${current}` };
  return {
    what,
    verdict: 'warning',
    said: `${seen}, and none of them is ${current}, which is current: no process begins`,
    remedy: 'temporal worker deployment set-current-version (docs/upgrade.md), or start a worker of that version',
  };
}

const UNVERSIONED = 'unversioned';

function spelled(version: Version): string {
  return version?.buildId ? `${version.deploymentName}:${version.buildId}` : UNVERSIONED;
}
