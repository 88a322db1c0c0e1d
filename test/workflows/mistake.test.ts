import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { quiet } from '../../testing/quiet.js';
import { startDevServer } from '../../worker/embedded/temporal.js';
import { until } from '../until.js';
import { mistaken } from './mistaken-workflow.js';

describe('a process whose code has a mistake', function () {
  this.timeout(60_000);

  it('waits for the mended code, and undoes nothing meanwhile', async () => {
    quiet();
    const server = await startDevServer({ headless: true });
    const connection = await NativeConnection.connect({ address: server.address });
    const temporal = new Client({ connection: await Connection.connect({ address: server.address }) });
    let undone = 0;
    const worker = await Worker.create({
      connection,
      taskQueue: 'mistaken',
      workflowsPath: fileURLToPath(new URL('mistaken-workflow.ts', import.meta.url)),
      activities: { undo: () => void (undone += 1) },
    });
    try {
      await worker.runUntil(async () => {
        const handle = await temporal.workflow.start(mistaken, { workflowId: 'mistaken', taskQueue: 'mistaken' });
        const failed = async () =>
          (await handle.fetchHistory()).events?.some((event) =>
            /policy is undefined/.test(event.workflowTaskFailedEventAttributes?.failure?.message ?? ''),
          ) ?? false;
        await until(failed);
        assert.equal(undone, 0);
        assert.equal((await handle.describe()).status.name, 'RUNNING');
        await handle.terminate();
      });
    } finally {
      await temporal.connection.close();
      await connection.close();
      await server.stop();
    }
  });
});
