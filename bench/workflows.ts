/** Workflows to measure with, bundled apart from the product's. */
import { condition, defineSignal, proxyActivities, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { TaskActivities } from '../activities/tasks.js';
import { claimStepKey } from '../workflows/claim/contract.js';
import { FRAGMENT_QUEUE, fragmentTasksKey, taskDueKey } from '../workflows/tasks/contract.js';
import type { BareActivities } from './bare-activities.js';

const tasks = proxyActivities<TaskActivities>({
  taskQueue: FRAGMENT_QUEUE,
  // As the product's processes have it.
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** So many writes for one task, one after the other: created, started, and the last of three or more closes it. */
export async function writes(key: string, count: number): Promise<void> {
  const fields = { title: `Bench ${key}` };
  const { uid } = await tasks.openTask({ key, process: 'bench', step: 'bench', round: 1, fields });
  for (let n = 2; n <= Math.min(count, 2); n += 1) await tasks.setTaskStatus({ uid, from: 'TODO', to: 'STARTED' });
  for (let n = 3; n <= count; n += 1) await tasks.closeTask({ uid });
}

interface ManyTasks {
  upsertTasks(input: { tasks: { key: string; fields: Record<string, unknown> }[] }): Promise<unknown>;
}

/** So many tasks by one activity, where the product has it. */
export async function manyTasks(key: string, count: number): Promise<void> {
  const { upsertTasks } = proxyActivities<ManyTasks>({ taskQueue: FRAGMENT_QUEUE, startToCloseTimeout: '5 minutes' });
  await upsertTasks({
    tasks: Array.from({ length: count }, (_, n) => ({ key: `${key}#${n}`, fields: { title: key } })),
  });
}

export interface BareShape {
  signals: number;
  /** Activities on a queue of another worker, as those for Fragment are. */
  remote: number;
  /** Activities on the workflows' own queue, as payments are. */
  local: number;
  remoteQueue: string;
  /** Whether its activities ask Fragment and the payment provider, and lists find it by step, task and due date, as a claim. */
  byHand: boolean;
}

export const bareSignal = defineSignal('bare');

/** A process with a claim's activities and signals; nothing else, or by hand what a claim does where nothing goes wrong. */
export async function bare({ signals, remote, local, remoteQueue, byHand }: BareShape): Promise<void> {
  const retry = { initialInterval: '1 second', maximumInterval: '1 minute' } as const;
  const own = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute', retry });
  const others = proxyActivities<BareActivities>({ taskQueue: remoteQueue, startToCloseTimeout: '5 minutes', retry });
  let received = 0;
  setHandler(bareSignal, () => void (received += 1));
  for (let n = 1; n <= signals; n += 1) {
    await others.open(`step-${n}`, byHand);
    if (byHand) showAt(`step-${n}`);
    await condition(() => received >= n);
  }
  for (let n = 0; n < local; n += 1) await own.pay(byHand);
  for (let n = signals; n < remote; n += 1) await others.record(`step-${n + 1}`, byHand);
  if (byHand) showAt(null);
}

/** One event for the three that a claim shows of a step. */
function showAt(step: string | null): void {
  upsertSearchAttributes([
    { key: claimStepKey, value: step },
    { key: fragmentTasksKey, value: step === null ? null : [step] },
    { key: taskDueKey, value: step === null ? null : new Date(Date.now() + 86_400_000) },
  ]);
}
