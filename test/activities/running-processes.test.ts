import assert from 'node:assert/strict';
import { RunningProcesses } from '../../activities/running-processes.js';
import { feedUid } from './feed-parts.js';
import { ListedProcesses } from './listed-processes.js';

describe('the running processes', () => {
  let temporal: ListedProcesses;
  function running(count: number): void {
    temporal = new ListedProcesses();
    for (let n = 0; n < count; n += 1) temporal.awaited.set(feedUid(n), `claim-${n}`);
  }
  /** Every page as the processes on it. */
  async function pages(size: number, account?: string): Promise<string[][]> {
    const all: string[][] = [];
    let after: string | undefined;
    do {
      const page = await new RunningProcesses(temporal.client, account).page(size, after);
      all.push(page.processes.map(({ workflowId }) => workflowId));
      after = page.next;
    } while (after);
    return all;
  }

  it('are asked a page at a time, each once', async () => {
    running(5);
    assert.deepEqual(await pages(2), [['claim-0', 'claim-1'], ['claim-2', 'claim-3'], ['claim-4']]);
  });

  it('fill a page though most of those that Temporal lists are of other accounts', async () => {
    running(7);
    for (const n of [0, 1, 2, 4, 6]) temporal.accounts.set(`claim-${n}`, 'acme');
    assert.deepEqual(await pages(2), [['claim-3', 'claim-5'], []]);
    assert.deepEqual(await pages(2, 'acme'), [['claim-0', 'claim-1'], ['claim-2', 'claim-4'], ['claim-6']]);
  });

  it('are listed to the last, a thousand at a time', async () => {
    running(2_001);
    assert.equal((await new RunningProcesses(temporal.client).awaitedTasks()).size, 2_001);
    assert.equal(temporal.pages, 3);
  });

  it('are gone through in larger pages where most of them are of other accounts', async () => {
    running(5_000);
    for (let n = 0; n < 5_000; n += 1) if (n % 100 > 0) temporal.accounts.set(`claim-${n}`, 'acme');
    const processes = new RunningProcesses(temporal.client);
    const { tasks, next } = await processes.awaitedAfter(undefined, 10);
    assert.ok(tasks.size >= 10 && temporal.pages <= 4, `${tasks.size} tasks in ${temporal.pages} pages`);
    const rest = await processes.awaitedAfter(next, 1_000);
    assert.deepEqual([tasks.size + rest.tasks.size, rest.next], [50, undefined]);
    temporal.pages = 0;
    assert.deepEqual([(await processes.awaitedTasks()).size, temporal.pages], [50, 5]);
  });
});
