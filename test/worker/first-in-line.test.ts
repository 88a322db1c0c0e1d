import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { Claims } from '../../client/index.js';
import { quiet } from '../../testing/quiet.js';
import { startDevServer } from '../../worker/embedded/temporal.js';
import { workflowSource } from '../../worker/bundle.js';
import { claimProcess } from '../../worker/own-processes.js';
import { ensureFeed, ensureLease, processesWorker } from '../../worker/workers.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { FEED_WORKFLOW_ID } from '../../workflows/account/contract.js';
import { leaseWorkflowId } from '../../workflows/account/lease-contract.js';
import { claimWorkflowId } from '../../workflows/claim/contract.js';
import { until } from '../until.js';

const CLAIMS = 200;

describe('the feed and the lease of an account', function () {
  this.timeout(120_000);

  it('do not wait behind the processes that wait for a worker', async () => {
    quiet();
    const server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
    const { address } = server;
    const connection = await NativeConnection.connect({ address });
    const temporal = new Client({ connection: await Connection.connect({ address }) });
    try {
      const claims = new Claims(temporal);
      const id = (n: number) => `waiting-${n}`;
      for (let n = 0; n < CLAIMS; n += 1) {
        await claims.start({ id: id(n), total: { amount: 10_000, currency: 'USD' } });
      }
      await ensureLease(temporal);
      await ensureFeed(temporal);
      const worker = await processesWorker(
        { connection, namespace: 'default' },
        { workflows: workflowSource({ encrypted: false, traced: false }), processes: [claimProcess()] },
      );
      const begun = await worker.runUntil(async () => {
        const ids = Array.from({ length: CLAIMS }, (_, n) => claimWorkflowId(id(n)));
        return Promise.all([FEED_WORKFLOW_ID, leaseWorkflowId(), ...ids].map((each) => firstTask(temporal, each)));
      });
      const [feed, lease, ...others] = begun as [number, number, ...number[]];
      // Without a priority nearly all of them go first (184 and 200 were counted); with it, on a busy machine, 59 did.
      for (const own of [feed, lease]) {
        const before = others.filter((other) => other < own).length;
        assert.ok(before < CLAIMS / 2, `${before} of ${CLAIMS} claims, started before it, had their turn before it`);
      }
    } finally {
      await temporal.connection.close();
      await connection.close();
      await server.stop();
    }
  });
});

/** When a worker first took the workflow up. */
async function firstTask(temporal: Client, workflowId: string): Promise<number> {
  const taken = await until(
    async () => {
      const { events } = await temporal.workflow.getHandle(workflowId).fetchHistory();
      return events?.find(({ workflowTaskStartedEventAttributes: started }) => started);
    },
    { what: `a worker takes ${workflowId} up`, withinMs: 120_000, everyMs: 200 },
  );
  return Number(taken.eventTime?.seconds) * 1e9 + (taken.eventTime?.nanos ?? 0);
}
