import { proxyActivities } from '@temporalio/workflow';
import { TaskProcess } from '../../workflows/tasks/process.js';

const { undo } = proxyActivities<{ undo(): Promise<void> }>({ startToCloseTimeout: '1m' });

/** It has something to undo when it meets a mistake in its own code. */
export async function mistaken(): Promise<void> {
  const process = new TaskProcess({ stepKey: { name: 'Step', type: 'KEYWORD' } });
  await process.run(async () => {
    process.saga.add('undoing', undo);
    await Promise.resolve();
    throw new TypeError('policy is undefined');
  });
}
