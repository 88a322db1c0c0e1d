import assert from 'node:assert/strict';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { quiet } from '../../testing/quiet.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { leaseTakenSignal, LEASE_WORKFLOW, type LeaseInput } from '../../workflows/account/lease-contract.js';
import { leaseQueue, PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import { workflowBundle } from '../stage.js';
import { until } from '../until.js';

describe('gatewayLease', function () {
  this.timeout(120_000);
  let server: DevServer;
  let connection: NativeConnection;
  let temporal: Client;
  let workers: Worker[];
  let runs: Promise<void[]>;
  /** Under way, as the worker of the account sees it. */
  let holding = 0;
  let taken = 0;

  before(async () => {
    quiet();
    server = await startDevServer({ headless: true });
    const { address } = server;
    connection = await NativeConnection.connect({ address });
    temporal = new Client({ connection: await Connection.connect({ address }) });
    const holdLease = async () => {
      holding += 1;
      taken += 1;
      const beating = setInterval(() => Context.current().heartbeat(), 200);
      try {
        await Context.current().cancelled;
      } finally {
        clearInterval(beating);
        holding -= 1;
      }
    };
    workers = [
      await Worker.create({ connection, taskQueue: PROCESSES_QUEUE, workflowBundle: await workflowBundle() }),
      await Worker.create({ connection, taskQueue: leaseQueue(), activities: { holdLease } }),
    ];
    runs = Promise.all(workers.map((worker) => worker.run()));
  });

  after(async () => {
    for (const worker of workers ?? []) worker.shutdown();
    await runs;
    await temporal?.connection.close();
    await connection?.close();
    await server?.stop();
  });

  const start = (workflowId: string) =>
    temporal.workflow.start(LEASE_WORKFLOW, { workflowId, taskQueue: PROCESSES_QUEUE, args: [{}] });

  it('goes on in a new run after many takeovers, told who was last, and is held by one all the while', async () => {
    const handle = await start('lease-long');
    await until(() => holding === 1);
    for (let n = 1; n <= 200; n += 1) {
      await handle.signal(leaseTakenSignal, { holder: `${n}@here`, since: '2026-01-01T00:00:00.000Z' });
    }
    await until(
      async () => (await temporal.workflow.getHandle('lease-long').describe()).runId !== handle.firstExecutionRunId,
    );
    await until(() => taken === 2);
    assert.equal(holding, 1);
    const { events } = await temporal.workflow.getHandle('lease-long').fetchHistory();
    const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    const input = JSON.parse(Buffer.from(payload ?? '').toString()) as LeaseInput;
    assert.equal(input.takeovers, 200);
    assert.equal(input.last?.holder, '200@here');
    await temporal.workflow.getHandle('lease-long').cancel();
    await until(() => holding === 0);
  });

  it('cancelled, is given back and ends as cancelled', async () => {
    const handle = await start('lease-cancelled');
    await until(() => holding === 1);
    // No news of a holder: ignored, or they would stop the workflow for good.
    for (const nonsense of [null, 5, {}, { holder: 1 }]) await handle.signal('leaseTaken', nonsense);
    await handle.cancel();
    const error = await handle.result().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure, String(error));
    assert.equal(holding, 0);
  });
});
