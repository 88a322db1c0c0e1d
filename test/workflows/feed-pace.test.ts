import assert from 'node:assert/strict';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { quiet } from '../../testing/quiet.js';
import { startTestServer } from '../../testing/test-server.js';
import { FEED_WORKFLOW, feedWorkflowId, pokeFeedSignal } from '../../workflows/account/contract.js';
import { intervalMs, quietAfter } from '../../workflows/account/feed-pace.js';
import { PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import { quietFeed } from '../replay/account-cases.js';
import { stageOn, type TimeSkippingStage } from '../time-skipping-stage.js';

describe('the pace of the change feed', () => {
  const round = { requests: 1, requestsPerMinute: 60 };
  const nothing = { delivered: 0, poked: false };
  /** From each of so many rounds to the next, in seconds. */
  const gaps = (rounds: number, from = 0): number[] => {
    let quietRounds = from;
    return Array.from({ length: rounds }, () => {
      quietRounds = quietAfter(quietRounds, nothing);
      return Math.round(intervalMs(round, quietRounds)) / 1_000;
    });
  };

  it('is a third of the requests, and after ten rounds that found nothing slows down to a fifth of that', () => {
    assert.deepEqual(gaps(10), Array(10).fill(3));
    assert.deepEqual(gaps(18).slice(10), [3.9, 5.07, 6.591, 8.568, 11.139, 14.48, 15, 15]);
  });

  it('is quick again after a completion, for ten rounds more', () => {
    assert.equal(quietAfter(40, { delivered: 1, poked: false }), 0);
    assert.equal(quietAfter(40, { delivered: 1, poked: true }), 0);
  });

  it('is quick for the round after a poke that found nothing, and three more', () => {
    const poked = quietAfter(40, { delivered: 0, poked: true });
    assert.equal(intervalMs(round, poked), 3_000);
    assert.deepEqual(gaps(5, poked), [3, 3, 3, 3.9, 5.07]);
    assert.equal(quietAfter(2, { delivered: 0, poked: true }), 3, 'no poke makes a busy feed less patient');
  });

  it('is slower by what a round costs, and never faster than twice a second', () => {
    assert.equal(intervalMs({ requests: 10, requestsPerMinute: 60 }, 0), 30_000);
    assert.equal(intervalMs({ requests: 10, requestsPerMinute: 60 }, 40), 30_000);
    assert.equal(intervalMs({ requests: 1, requestsPerMinute: 60_000 }, 0), 500);
  });
});

describe('a webhook', function () {
  this.timeout(60_000);
  let stage: TimeSkippingStage;
  before(async () => {
    quiet();
    stage = await stageOn(await startTestServer(), quietFeed);
  });
  after(() => stage?.stop());

  it('makes the feed look before its time, and a few times more', async () => {
    const workflowId = feedWorkflowId();
    const feed = await stage.temporal.workflow.start(FEED_WORKFLOW, {
      workflowId,
      taskQueue: PROCESSES_QUEUE,
      args: [{}],
    });
    /** Between the looks so far, in seconds, by the server's clock. */
    const gaps = async () => {
      const { events } = await feed.fetchHistory();
      const looks = (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes);
      const at = looks.map(({ eventTime }) => tsToMs(eventTime));
      return at.slice(1).map((time, before) => Math.round((time - at[before]!) / 1_000));
    };
    await stage.skip('5 minutes');
    const quietLooks = (await gaps()).length;
    // Until it has just looked.
    while ((await gaps()).length === quietLooks) await stage.skip('1 second');
    const before = await gaps();
    assert.equal(before.at(-1), 15);

    await stage.skip('4 seconds');
    await feed.signal(pokeFeedSignal, {});
    await stage.skip('10 seconds');
    const [hurried = Infinity, ...more] = (await gaps()).slice(before.length);
    assert.ok(hurried >= 4 && hurried <= 6, `${hurried}`);
    assert.deepEqual(more, [3, 3, 3]);
    await feed.terminate();
  });
});
