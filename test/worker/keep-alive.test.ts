import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { MockActivityEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import { FragmentClient } from '../../fragment/client.js';
import { Gateway } from '../../fragment/gateway.js';
import { quiet } from '../../testing/quiet.js';
import { startDevServer } from '../../worker/embedded/temporal.js';
import { beatEveryMs, keepAlive } from '../../worker/keep-alive.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { gatewayWorker } from '../../worker/workers.js';
import { fragmentActivity } from '../../workflows/tasks/fragment-activities.js';

/** Some beats of keepAlive fit into the pauses below. */
const HEARTBEAT_TIMEOUT_MS = 30;
/** A request to Fragment is given up after that (fragment/http.ts), and a lease that was not acknowledged sends so long. */
const REQUEST_MS = 30_000;
const SENDS_ON_MS = 3_500;

describe('keepAlive', function () {
  this.timeout(60_000);

  const beatsOf = async (work: () => Promise<void>, heartbeatDetails?: string[]) => {
    const info = { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS, heartbeatDetails };
    const environment = new MockActivityEnvironment(info, { interceptors: [keepAlive] });
    const beats: unknown[] = [];
    environment.on('heartbeat', (details: unknown) => beats.push(details));
    await environment.run(work);
    return beats;
  };

  it('beats for an activity, and repeats what the activity noted last', async () => {
    const beats = await beatsOf(async () => {
      await sleep(100);
      heartbeat(['a']);
      await sleep(100);
    });
    assert.equal(beats[0], undefined);
    assert.ok(beats.filter((each) => each !== undefined).length > 1);
    assert.deepEqual(beats.at(-1), ['a']);
  });

  it('keeps what an earlier attempt noted for a later one', async () => {
    const beats = await beatsOf(() => sleep(100), ['earlier']);
    assert.ok(beats.length > 0);
    for (const each of beats) assert.deepEqual(each, ['earlier']);
  });

  it('leaves, with a gateway that dies, time for its last request to arrive before Temporal tries again', async () => {
    const timeoutMs = msToNumber(fragmentActivity().heartbeatTimeout as Duration);
    const silentMs = Math.max(beatEveryMs(timeoutMs), await heldBackMs());
    assert.ok(timeoutMs - silentMs >= REQUEST_MS + SENDS_ON_MS, `silent for ${silentMs} ms`);
  });
});

/** How long the gateway's worker may hold a heartbeat back. */
async function heldBackMs(): Promise<number> {
  quiet();
  const server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
  const connection = await NativeConnection.connect({ address: server.address });
  try {
    const client = new FragmentClient({ baseUrl: 'http://127.0.0.1:9', token: 't', userAgent: 'test/0' });
    const gateway = new Gateway({ client, requestsPerMinute: 60, maxBatch: 100 });
    const parts = { gateway, client, temporal: {} as Client, processes: [] };
    const worker = await gatewayWorker({ connection, namespace: 'default' }, parts);
    await worker.runUntil(Promise.resolve());
    return worker.options.maxHeartbeatThrottleIntervalMs;
  } finally {
    await connection.close();
    await server.stop();
  }
}
