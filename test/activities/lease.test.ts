import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActivityCancelledError, ActivityNotFoundError, ActivityResetError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createLeaseActivities } from '../../activities/lease.js';
import type { Gateway } from '../../fragment/gateway.js';
import { until } from '../until.js';

/** As the lease's workflow has it: a heartbeat that gets no answer is given up in time for another. */
const HEARTBEAT_TIMEOUT_MS = 5_000;

/** A Temporal that stops answering at a known moment can be had of no real server: heartbeats are answered here. */
describe('holdLease', function () {
  this.timeout(30_000);
  const never = () => new Promise<never>(() => undefined);
  let answer: () => Promise<void>;
  let events: string[];
  let maySend: (() => boolean) | undefined;
  let landed: () => void;
  let environment: MockActivityEnvironment;

  beforeEach(() => {
    answer = () => Promise.resolve();
    events = [];
    maySend = undefined;
    landed = () => undefined;
    environment = new MockActivityEnvironment(
      { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS },
      { logger: new DefaultLogger('ERROR', () => undefined) },
    );
  });

  function hold({ failed = never() }: { failed?: Promise<never> } = {}): Promise<ApplicationFailure> {
    const temporal = {
      withAbortSignal: (_: unknown, call: () => unknown) => call(),
      withDeadline: (at: number, call: () => Promise<unknown>) =>
        Promise.race([call(), sleep(at - Date.now()).then(() => Promise.reject(new Error('DEADLINE_EXCEEDED')))]),
      activity: { heartbeat: () => answer().then(() => void events.push('heartbeat')) },
      workflow: { getHandle: () => ({ signal: () => Promise.resolve(void events.push('announced')) }) },
    } as unknown as Client;
    const activities = createLeaseActivities({
      holder: '1@here',
      temporal,
      open: (may) => {
        maySend = may;
        events.push('opened');
        return Promise.resolve({
          gateway: { stats: () => ({}) } as Gateway,
          failed,
          handBack: () => {
            events.push('handing back');
            return new Promise((resolve) => {
              landed = () => resolve(void events.push('landed'));
            });
          },
        });
      },
    });
    return environment
      .run(() => activities.holdLease())
      .then(
        () => assert.fail('it never ends by itself'),
        (error: unknown) => error as ApplicationFailure,
      );
  }

  it('opens nothing before Temporal has said that the lease is its own', async () => {
    answer = () => Promise.reject(new Error('too late'));
    assert.match((await hold()).message, /too late/);
    assert.deepEqual(events, []);
  });

  it('stops sending before its lease is overdue where Temporal falls silent, and then ends', async () => {
    const ended = hold();
    await until(() => events.filter((each) => each === 'heartbeat').length >= 2);
    assert.equal(maySend?.(), true);
    answer = never;
    await until(() => maySend?.() === false);
    assert.equal(events.includes('handing back'), false);
    await until(() => events.includes('handing back'));
    landed();
    const failure = await ended;
    assert.equal(failure.type, 'LeaseEnded');
    assert.match(failure.message, /Temporal did not answer in time/);
  });

  it('goes on where Temporal answers again in time', async () => {
    const ended = hold();
    await until(() => events.includes('announced'));
    answer = never;
    await until(() => maySend?.() === false);
    answer = () => Promise.resolve();
    await until(() => maySend?.() === true);
    assert.equal(events.includes('handing back'), false);
    environment.cancel();
    await until(() => events.includes('handing back'));
    landed();
    await ended;
  });

  it('asked to stop, keeps the lease until the last request has landed', async () => {
    const ended = hold();
    await until(() => events.includes('announced'));
    environment.cancel();
    await until(() => events.includes('handing back'));
    const before = events.length;
    await until(() => events.slice(before).includes('heartbeat'));
    assert.equal(maySend?.(), true);
    landed();
    assert.match((await ended).message, /asked to, or is shutting down/);
    assert.equal(events.at(-1), 'landed');
  });

  for (const asked of [new ActivityCancelledError('cancelled'), new ActivityResetError('reset')]) {
    it(`asked back by the answer to a heartbeat (${asked.message}), keeps it until the last request has landed`, async () => {
      const ended = hold();
      await until(() => events.includes('announced'));
      let recorded = 0;
      answer = () => {
        recorded += 1;
        return Promise.reject(asked);
      };
      await until(() => events.includes('handing back'));
      // More than the lease holds from one heartbeat to the next.
      const before = recorded;
      await until(() => recorded > before + HEARTBEAT_TIMEOUT_MS / 1_000);
      assert.equal(maySend?.(), true);
      landed();
      assert.match((await ended).message, /asked to, or is shutting down/);
      assert.equal(events.at(-1), 'landed');
    });
  }

  it('asked back before it has opened anything, opens nothing', async () => {
    answer = () => Promise.reject(new ActivityCancelledError('cancelled'));
    assert.match((await hold()).message, /asked to, or is shutting down/);
    assert.deepEqual(events, []);
  });

  it('hands back at once when the lease was given to another', async () => {
    const ended = hold();
    await until(() => events.includes('announced'));
    answer = () => Promise.reject(new ActivityNotFoundError('gone'));
    await until(() => events.includes('handing back'));
    landed();
    assert.match((await ended).message, /taken away: gone/);
  });

  it('hands back when its worker fails, so that another may go on', async () => {
    let fail: (error: Error) => void = () => undefined;
    const ended = hold({ failed: new Promise<never>((_, reject) => (fail = reject)) });
    await until(() => events.includes('announced'));
    fail(new Error('the worker failed'));
    await until(() => events.includes('handing back'));
    landed();
    assert.match((await ended).message, /the worker failed/);
  });
});
