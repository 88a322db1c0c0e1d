import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { keepAlive } from '../../worker/keep-alive.js';

/** Some beats of keepAlive fit into the pauses below. */
const HEARTBEAT_TIMEOUT_MS = 30;

describe('keepAlive', () => {
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
});
