import { sleep } from '@temporalio/workflow';

/** Waits for a month, to show that the time-skipping server does not. */
export async function sleepForAMonth(): Promise<string> {
  await sleep('30 days');
  return 'awake';
}
