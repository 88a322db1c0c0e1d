import { condition, defineQuery, defineUpdate, proxyActivities, setHandler, upsertMemo } from '@temporalio/workflow';

const { open } = proxyActivities<{ open(): Promise<void> }>({
  taskQueue: 'asked-activities',
  startToCloseTimeout: '1m',
});

export const standingQuery = defineQuery<string>('standing');
export const finishUpdate = defineUpdate<void, [by: string]>('finish');

export const NOT_YET = 'not waiting yet';

/** The smallest that waits for an activity and then for an Update, which it refuses before. */
export async function asked(): Promise<void> {
  let waiting = false;
  let finished = false;
  setHandler(standingQuery, () => (waiting ? 'waiting' : 'opening'));
  const finish = (_by: string) => void (finished = true);
  const validator = (_by: string) => {
    if (!waiting) throw new Error(NOT_YET);
  };
  setHandler(finishUpdate, finish, { validator });
  await open();
  waiting = true;
  upsertMemo({ waiting });
  await condition(() => finished);
}
