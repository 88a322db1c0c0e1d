import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { leaseStatus } from '../../cli/lease-status.js';
import { Claims } from '../../client/claims.js';
import { eachInTime } from '../../client/in-time.js';
import { startTemporalStub } from '../cli/temporal-stub.js';

const PERMISSION_DENIED = 7;
const claim = { id: 'c-1', total: { amount: 100, currency: 'USD' } };

describe('what Temporal is asked', () => {
  it('has to be answered within 15 s: a server that takes a call and says nothing holds nobody up', async () => {
    const stub = await startTemporalStub(PERMISSION_DENIED);
    const connection = await Connection.connect({ address: `127.0.0.1:${stub.port}` });
    const client = new Client({ connection });
    const claims = new Claims(client);
    try {
      for (const [method, ask] of [
        ['StartWorkflowExecution', () => claims.start(claim)],
        ['ListWorkflowExecutions', () => claims.list()],
        ['QueryWorkflow', () => claims.state('c-1')],
        ['DescribeWorkflowExecution', () => leaseStatus(client)],
      ] as const) {
        await assert.rejects(ask);
        const { path, timeout } = stub.calls.at(-1) ?? assert.fail();
        assert.ok(path.endsWith(`/${method}`), path);
        const [, ms] = /^(\d+)m$/.exec(timeout ?? '') ?? [];
        assert.ok(Number(ms) > 10_000 && Number(ms) <= 15_000, `${method}: ${timeout}`);
      }
      await assert.rejects(client.withDeadline(Date.now() + 60_000, () => claims.start(claim)));
      const [, ms] = /^(\d+)m$/.exec(stub.calls.at(-1)?.timeout ?? '') ?? [];
      assert.ok(Number(ms) > 50_000, `the caller's own: ${ms}`);
    } finally {
      await connection.close();
      await stub.close();
    }
  });

  it('has that time for each page of a list, not for all of them', async () => {
    async function* list() {
      yield* ['a', 'b', 'c'];
    }
    let asked = 0;
    const withDeadline = (_: number, ask: () => Promise<unknown>) => ((asked += 1), ask());
    const listed: string[] = [];
    for await (const item of eachInTime({ withDeadline, connection: {} } as unknown as Client, list()))
      listed.push(item);
    assert.deepEqual([listed, asked], [['a', 'b', 'c'], 4]);
  });
});
