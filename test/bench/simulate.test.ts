import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RequestBudget } from '../../fragment/budget.js';
import { checked, CHECKED } from '../../bench/simulate/check.js';
import { calendarOf, DAY_MS, DEFAULTS, HOUR_MS, type Scenario } from '../../bench/simulate/scenario.js';
import { peopleNeeded, sharesOf, workersNeeded } from '../../bench/simulate/shares.js';
import { simulate } from '../../bench/simulate/simulate.js';
import { EPOCH, VirtualTime } from '../../bench/simulate/virtual-time.js';
import { addWorkingTime } from '../../workflows/tasks/calendar.js';

const MAIN = fileURLToPath(new URL('../../bench/simulate/main.ts', import.meta.url));
const day = (change: Partial<Scenario>): Scenario => ({ ...DEFAULTS, days: 1, claimsADay: 200, people: 10, ...change });

describe('npm run simulate', function () {
  this.timeout(120_000);

  it('says the same of the same options and seed, and something else of another seed', async () => {
    const [first, again, other] = [
      await simulate(day({})),
      await simulate(day({})),
      await simulate(day({ seed: '2' })),
    ];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other, first);
  });

  it('loses no claim, and makes as many writes as their steps and payments ask for', async () => {
    for (const lifecycle of ['task-per-step', 'single-task'] as const) {
      const { claims, write, feed, handover } = await simulate(day({ lifecycle, steps: 2 }), { untilEnded: true });
      assert.deepEqual([claims.started, claims.ended, write.count], [200, 200, 600]);
      assert.deepEqual([feed.count, handover.count], [400, 400]);
    }
  });

  it('keeps within the limit whatever comes, and lets a flood of writes wait as long as the budget says', async () => {
    const flood = day({ arrivals: ['00:00', '00:00'], claimsADay: 3_000, people: 1, workerMs: 1, fragmentMs: 0 });
    const { requests, write } = await simulate(flood);
    assert.equal(requests.s429, 0);
    assert.ok(requests.maxIn60s <= flood.requestsPerMinute, `${requests.maxIn60s} requests in 60 s`);
    // Thirty full batches, from an empty budget on; the feed's reads go between them.
    const alone = (30 / new RequestBudget(flood.requestsPerMinute, 0).perSecond) * 1000;
    assert.ok(write.max >= alone && write.max < 2 * alone, `${write.max} ms, ${alone} ms without reads`);
  });

  it('knows by its open tasks how late a feed is that has to read all of them', async () => {
    const flood = day({ arrivals: ['00:00', '00:00'], claimsADay: 1_500, people: 60 });
    const [list, bulk] = [await simulate(flood), await simulate({ ...flood, feed: 'bulk' })];
    // A round of the one is a request or two, of the other ten of the fifteen that read all.
    assert.ok(bulk.feed.p50 > 3 * list.feed.p50, `${list.feed.p50} ms, ${bulk.feed.p50} ms`);
    assert.ok(bulk.requests.maxIn60s <= flood.requestsPerMinute);
  });

  it('names what saturates first, and lets a backlog grow where people are too few', async () => {
    const few = day({ days: 3, people: 3 });
    const simulated = await simulate(few);
    const [first] = sharesOf(few, simulated);
    assert.ok(Math.abs(peopleNeeded(few) - 5) < 1e-9);
    assert.deepEqual([first?.what, first?.claimsADay], ['people', 120]);
    const [monday, tuesday, wednesday] = simulated.backlog.atEndOfDay as [number, number, number];
    assert.ok(monday < tuesday && tuesday < wednesday, simulated.backlog.atEndOfDay.join(', '));

    const slow = day({ workerMs: 60_000, people: 100, arrivals: ['10:00', '11:00'] });
    const late = await simulate(slow);
    assert.equal(sharesOf(slow, late)[0]?.what, 'workers');
    assert.ok(workersNeeded(slow, late) > 2);
  });

  it('lets people work in their hours alone', async () => {
    const calendar = calendarOf(day({ hours: ['09:00', '17:00'], workdays: 5 }));
    const fridayEvening = EPOCH + 4 * DAY_MS + 16 * HOUR_MS;
    assert.equal(addWorkingTime(calendar, fridayEvening, 2 * HOUR_MS), EPOCH + 7 * DAY_MS + 10 * HOUR_MS);
    const { busiest, claims } = await simulate(day({ hours: ['09:00', '10:00'], arrivals: ['20:00', '21:00'] }));
    assert.deepEqual([claims.started, claims.ended, busiest.completions], [200, 0, 0]);
  });

  it('prints one JSON object, and refuses what it does not understand with exit 2', async () => {
    const { stdout } = await run('--days', '1', '--claims-a-day', '20', '--json');
    const { scenario, claims, saturatesFirst } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([(scenario as Scenario).claimsADay, (claims as { started: number }).started], [20, 20]);
    assert.equal(typeof saturatesFirst, 'string');
    await assert.rejects(run('--hours', '17:00-09:00'), { code: 2, stderr: /Two times of a day/ });
  });

  it('is held against a real run: the same claims end, and every figure is on both sides', async () => {
    const small: Partial<Scenario> = { claimsADay: 8, arrivals: ['00:00', '00:00'], minutesAStep: 0.01 };
    const figures = await checked({ ...CHECKED, ...small, requestsPerMinute: 600 });
    assert.deepEqual([figures[0]?.what, figures[0]?.measured, figures[0]?.within], ['claims ended', 8, true]);
    assert.ok(figures.every(({ predicted, measured }) => predicted > 0 && measured > 0));
  });
});

describe('simulated time', () => {
  it('goes from one event to the next, in their order, and what follows at once comes first', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    const say = (what: string) => () => void seen.push(`${what} at ${time.now()}`);
    for (const at of [30, 10, 20, 10]) time.at(at, say(`asked for ${at}`));
    void time.sleep(10).then(say('awake'));
    await time.run(25);
    assert.deepEqual(seen, ['asked for 10 at 10', 'asked for 10 at 10', 'awake at 10', 'asked for 20 at 20']);
    await time.run(Infinity);
    assert.equal(time.now(), 30);
  });
});

function run(...options: string[]) {
  return promisify(execFile)(process.execPath, ['--import', 'tsx', MAIN, ...options], { timeout: 100_000 });
}
