import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RequestBudget } from '../../fragment/budget.js';

describe('RequestBudget', () => {
  it('never lets more than the limit go in any 60 seconds, whenever requests are asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 120 }),
        fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 400 }),
        (limit, gaps) => {
          const budget = new RequestBudget(limit, 0);
          const sent: number[] = [];
          let now = 0;
          for (const gap of gaps) {
            now += gap;
            while (budget.tryTake(now)) sent.push(now);
          }
          for (const from of sent) {
            const inWindow = sent.filter((at) => at >= from && at < from + 60_000).length;
            assert.ok(inWindow <= limit, `${inWindow} requests in a minute from ${from} ms, limit ${limit}`);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('starts empty, so that a crash loop sends no burst each time', () => {
    const budget = new RequestBudget(60, 0);
    assert.equal(budget.tryTake(0), false);
    assert.ok(budget.waitMs(0) > 1_000);
  });

  it('says exactly when the next request may go', () => {
    const budget = new RequestBudget(60, 0);
    const wait = budget.waitMs(0);
    assert.equal(budget.tryTake(wait - 1), false);
    assert.equal(budget.tryTake(wait), true);
  });

  it('uses most of the limit: at least 50 requests in a minute of steady demand at 60', () => {
    const budget = new RequestBudget(60, 0);
    let sent = 0;
    for (let now = 0; now <= 60_000; now += 50) if (budget.tryTake(now)) sent += 1;
    assert.ok(sent >= 50, `${sent}`);
  });

  it('sends nothing while frozen, and no burst afterwards', () => {
    const budget = new RequestBudget(60, 0);
    budget.freeze(30_000);
    assert.equal(budget.tryTake(29_999), false);
    assert.equal(budget.tryTake(30_001), false);
    assert.ok(budget.tryTake(32_000));
  });

  describe('after a 429', () => {
    const minutes = (count: number) => count * 60_000;

    it('sends 30 % less, and one request a minute more with each minute that passes, up to the full rate', () => {
      const budget = new RequestBudget(60, 0);
      const full = budget.perSecond;
      budget.slowDown(0);
      for (let minute = 0; minute <= 20; minute += 1) {
        budget.available(minutes(minute));
        const rate = Math.min(full, 0.7 * full + minute / 60);
        assert.ok(Math.abs(budget.perSecond - rate) < 1e-9, `minute ${minute}: ${budget.perSecond}, not ${rate}`);
      }
      assert.equal(budget.perSecond, full);
    });

    it('counts those minutes from the end of the pause, and anew from another 429', () => {
      const budget = new RequestBudget(60, 0);
      const full = budget.perSecond;
      budget.freeze(minutes(2));
      budget.slowDown(0);
      budget.available(minutes(3) - 1);
      assert.equal(budget.perSecond, 0.7 * full);
      budget.slowDown(minutes(3) - 1);
      budget.available(minutes(4) - 2);
      assert.equal(budget.perSecond, 0.7 * 0.7 * full);
      budget.available(minutes(4));
      assert.ok(Math.abs(budget.perSecond - (0.49 * full + 1 / 60)) < 1e-9, `${budget.perSecond}`);
    });

    it('never stops, however many there are: a request in twenty seconds still finds out that the limit is back', () => {
      const budget = new RequestBudget(60, 0);
      const full = budget.perSecond;
      for (let second = 0; second < 50; second += 1) budget.slowDown(second * 1_000);
      assert.equal(budget.perSecond, 0.05);
      budget.available(minutes(2));
      assert.ok(budget.perSecond > 0.05, `${budget.perSecond}`);
      budget.available(minutes(60));
      assert.equal(budget.perSecond, full);
    });

    it('is no faster than its limit, where that is below the slowest', () => {
      const budget = new RequestBudget(2, 0);
      const full = budget.perSecond;
      budget.slowDown(0);
      assert.equal(budget.perSecond, full);
    });
  });

  it('refuses a limit that it cannot keep', () => {
    assert.throws(() => new RequestBudget(1, 0), /requestsPerMinute must be at least 2 \(got 1\)/);
    assert.throws(() => new RequestBudget(Number.NaN, 0), /requestsPerMinute/);
  });
});
