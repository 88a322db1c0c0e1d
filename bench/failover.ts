import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { startSandbox, type Sandbox } from '../sandbox/server.js';
import { taskUid } from '../fragment/uid.js';
import { onboardingWorkflowId } from '../workflows/onboarding/contract.js';
import { PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { openDoor, type Door } from './door.js';
import { REQUESTS_PER_MINUTE, TOKEN } from './fragment.js';
import { startWorkerProcess } from './process.js';
import { round, type Outcome, type Section, type Size } from './section.js';
import { environment, withTemporal } from './temporal.js';
import { waitFor } from './wait.js';

const TRIALS = { full: 3, quick: 1 };
/** A new write so often, before and after the kill. */
const EVERY_MS = 250;

/** Two gateways; the one that sends is killed (SIGKILL). How long until the next write is acknowledged. */
export const failover: Section = { name: 'failover', run };

async function run(size: Size): Promise<Outcome> {
  const trials: Awaited<ReturnType<typeof trial>>[] = [];
  for (let n = 0; n < TRIALS[size]; n += 1) trials.push(await trial());
  const worst = Math.max(...trials.map(({ seconds }) => seconds));
  return {
    configuration: { trials: trials.length, gateways: 2, 'a new write every, ms': EVERY_MS },
    figures: [
      { what: 'SIGKILL to the next acknowledged write, worst trial', value: round(worst, 2), unit: 's', atMost: 10 },
      {
        what: 'most requests in any 60 s, both gateways',
        value: Math.max(...trials.map((each) => each.maxIn60s)),
        unit: 'requests',
        atMost: REQUESTS_PER_MINUTE,
      },
      { what: 'answers 429', value: Math.max(...trials.map(({ s429 }) => s429)), unit: 'answers', atMost: 0 },
    ],
    raw: { trials },
  };
}

function trial() {
  return withTemporal(async ({ client, address }) => {
    const sandbox = await startSandbox({ token: TOKEN, team: false });
    const doors: Door[] = [await openDoor(sandbox.apiUrl), await openDoor(sandbox.apiUrl)];
    const shared = { ...environment(sandbox, REQUESTS_PER_MINUTE), TEMPORAL_ADDRESS: address };
    const started = await Promise.all([
      ...doors.map(({ url }) => startWorkerProcess('gateway', { ...shared, FRAGMENT_API_URL: url })),
      startWorkerProcess('processes', shared),
    ]);
    const over = new AbortController();
    const asking = askForWrites(client, over.signal);
    try {
      const died = started.map((worker) => worker.died);
      await Promise.race([...died, waitFor('a first write', 60_000, () => sandbox.tasks.all()[0])]);
      // A few turns of the budget, with the standby up and waiting.
      await sleep(5_000);
      const holder = doors[0]!.usedAt > doors[1]!.usedAt ? 0 : 1;
      const acknowledged = sandbox.tasks.all().length;
      const killedAt = performance.now();
      process.kill(started[holder]!.pid, 'SIGKILL');
      // What was on its way to the sandbox may still arrive: only the other door's requests count.
      const other = doors[1 - holder]!;
      await waitFor('a write after the kill', 120_000, () => nextWrite(sandbox, acknowledged, other, killedAt));
      const seconds = (performance.now() - killedAt) / 1000;
      const { s429, maxIn60s, requests } = sandbox.stats();
      return { seconds, s429, maxIn60s, requests };
    } finally {
      over.abort();
      await asking;
      await Promise.all(started.map((worker) => worker.stop()));
      for (const door of doors) door.close();
      await sandbox.close();
    }
  });
}

function nextWrite(sandbox: Sandbox, before: number, door: Door, killedAt: number): true | undefined {
  return door.usedAt > killedAt && sandbox.tasks.all().length > before ? true : undefined;
}

/** Onboardings: each is one write and the end of its workflow. */
async function askForWrites(client: Client, over: AbortSignal): Promise<void> {
  for (let n = 0; !over.aborted; n += 1) {
    const userId = taskUid(`failover#${n}`);
    await client.workflow
      .start('onboarding', {
        workflowId: onboardingWorkflowId(userId),
        taskQueue: PROCESSES_QUEUE,
        args: [{ userId, fields: {} }],
      })
      .catch(() => undefined);
    await sleep(EVERY_MS, undefined, { signal: over }).catch(() => undefined);
  }
}
