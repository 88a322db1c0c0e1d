import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reloadingWorker, watchFolder, workflowSources } from '../../cli/reload.js';
import type { RunningWorker } from '../../worker/main.js';
import { until } from '../until.js';

describe('the worker of flows dev', function () {
  this.timeout(30_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'workflows-'));
    await mkdir(join(folder, 'claim'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const edit = (text: string) => writeFile(join(folder, 'claim', 'workflow.ts'), text);

  it('hears once of what is written together, below the folder too, and no more after it is told to stop', async () => {
    let heard = 0;
    const stop = watchFolder(folder, () => (heard += 1));
    for (const text of ['a', 'b', 'c']) await edit(text);
    await until(() => heard > 0);
    await sleep(500);
    assert.equal(heard, 1);
    stop();
    await edit('d');
    await sleep(500);
    assert.equal(heard, 1);
  });

  it('is another one after a change, and the same one where the new workflows are broken', async () => {
    const events: string[] = [];
    let count = 0;
    let broken = false;
    let die: (error: Error) => void = () => undefined;
    const start = async (): Promise<RunningWorker> => {
      const name = `worker ${(count += 1)}`;
      events.push(`${name} starts`);
      if (broken) throw new Error('workflow.ts: Unexpected token');
      const done = new Promise<void>((_, reject) => (die = reject));
      return { gateway: () => undefined, done, stop: async () => void events.push(`${name} stops`) };
    };
    const worker = await reloadingWorker(start, folder);
    const failed = assert.rejects(worker.failed, /of its own/);
    await edit('good');
    await until(() => events.length === 3);
    broken = true;
    await edit('bad');
    await until(() => events.length === 4);
    broken = false;
    await edit('good again');
    await until(() => events.length === 6);
    die(new Error('of its own'));
    await failed;
    await worker.stop();
    await edit('afterwards');
    await sleep(500);
    assert.deepEqual(events, [
      'worker 1 starts',
      'worker 2 starts',
      'worker 1 stops',
      'worker 3 starts',
      'worker 4 starts',
      'worker 2 stops',
      'worker 4 stops',
    ]);
  });

  it('follows the workflows where it runs from the sources', () => {
    assert.match(workflowSources() ?? '', /workflows\/$/);
  });
});
