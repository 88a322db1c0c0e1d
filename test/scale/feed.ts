/**
 * The feed's rounds with 100,000 open tasks: `npx mocha test/scale/feed.ts` (TASKS=n for another number). Temporal's list is a map here, Fragment
 * is the sandbox over HTTP; the requests are counted. Too long for every run of the suite, which counts the same with 3,000.
 */
import assert from 'node:assert/strict';
import type { FeedRound } from '../../activities/feed.js';
import { feedParts, feedUid, type FeedParts } from '../activities/feed-parts.js';

const TASKS = Number(process.env.TASKS ?? 100_000);
const A_ROUND = 1_000;
/** Beyond what the parts have made themselves. */
const FIRST = 0x1000;

describe(`the change feed with ${TASKS} open tasks`, function () {
  this.timeout(1_800_000);
  let parts: FeedParts;
  before(async () => {
    parts = await feedParts();
    for (let n = 0; n < TASKS; n += 1) parts.open(FIRST + n);
  });
  after(() => parts?.close());

  async function counted(what: string, rounds: number): Promise<{ requests: number; last: FeedRound }> {
    const [before, began] = [parts.sandbox.stats().requests, performance.now()];
    let last = await round();
    for (let n = 1; n < rounds; n += 1) last = await round();
    const requests = parts.sandbox.stats().requests - before;
    const ms = Math.round((performance.now() - began) / rounds);
    const bytes = JSON.stringify(last.cursor).length;
    console.log(`    ${what}: ${requests} requests in ${rounds} rounds; a round ${ms} ms; cursor of ${bytes} bytes`);
    return { requests, last };
  }

  /** Again where it fails, as Temporal would: with so many tasks in one process, a connection is closed for being idle. */
  const round = () => parts.round().catch(() => parts.round());

  it('has looked at each of them once before it relies on the list', async () => {
    const rounds = Math.ceil(TASKS / A_ROUND) + 1;
    const { requests, last } = await counted('looking at all', rounds);
    assert.ok(last.cursor.cycled);
    assert.ok(requests <= 11 * rounds, `${requests}`);
  });

  it('then asks once a round, and once more in every fifth', async () => {
    const { requests, last } = await counted('quiet', 10);
    assert.deepEqual([requests, last.way], [12, 'list']);
  });

  it('tells of 5,000 that are done at once in six rounds, and the cursor stays small', async () => {
    for (let n = 0; n < 5_000; n += 1) parts.finish(feedUid(FIRST + n * Math.floor(TASKS / 5_000)));
    const { last } = await counted('5,000 done at once', 6);
    assert.equal(new Set(parts.temporal.told.map(({ news }) => news.uid)).size, 5_000);
    assert.ok(JSON.stringify(last.cursor).length < 128_000);
  });
});
