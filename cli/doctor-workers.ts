import type { Client } from '@temporalio/client';
import { inTime } from '../client/in-time.js';
import { PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { unanswered, type Finding } from './doctor-finding.js';

/** As Temporal numbers the types of task queues, and the ways of versioning. */
const WORKFLOW_TASKS = 1;
const VERSIONED = 2;

type Version = { deploymentName?: string | null; buildId?: string | null } | null | undefined;

/**
 * Whether somebody runs the processes; where workers are of versions, whether one of the current version does; and whether
 * what is started is taken up, since a process that has not begun says nothing of itself. One question tells all of it.
 */
export async function workersFindings(client: Client): Promise<[workers: Finding, ...backlog: Finding[]]> {
  const what = `workers on ${PROCESSES_QUEUE}`;
  try {
    const queue = await inTime(client, () => queueOf(client));
    const { approximateBacklogCount: count, approximateBacklogAge: age } = queue.stats ?? {};
    return [judged(what, queue), judgedBacklog(Number(count ?? 0), Number(age?.seconds ?? 0))];
  } catch (error) {
    return [unanswered(what, error)];
  }
}

/** A busy moment is not worth a word; who has waited for so long is behind others that come faster than they are taken. */
const LATE_S = 60;

export function judgedBacklog(count: number, oldestSeconds: number): Finding {
  const what = `backlog of ${PROCESSES_QUEUE}`;
  if (oldestSeconds < LATE_S)
    return { what, verdict: 'ok', said: count === 0 ? 'nothing waits' : `some ${count} wait` };
  return {
    what,
    verdict: 'warning',
    said: `some ${count} wait for a worker, the oldest for ${oldestSeconds} s`,
    remedy: 'start more workers: flows worker --role processes, or start processes more slowly',
  };
}

type Queue = Awaited<ReturnType<typeof queueOf>>;

function queueOf({ workflowService, options: { namespace } }: Client) {
  const taskQueue = { name: PROCESSES_QUEUE };
  const asked = { namespace, taskQueue, taskQueueType: WORKFLOW_TASKS, reportStats: true };
  return workflowService.describeTaskQueue(asked);
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
