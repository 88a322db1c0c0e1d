import assert from 'node:assert/strict';
import { chance } from '../../sandbox/team-rule.js';
import { Limiter } from '../../sandbox/limiter.js';
import { send, start, stopAll } from './harness.js';

describe('sandbox: rate limit', () => {
  afterEach(stopAll);

  it('never lets more than 60 requests through in any 60 s', () => {
    let now = 0;
    const limiter = new Limiter(() => now);
    const passed: number[] = [];
    for (let i = 0; i < 5000; i++) {
      // Now and then a pause, otherwise far too fast: fixed windows would let 120 pass across a boundary.
      now += chance('step', i) < 0.01 ? 20_000 : Math.floor(chance('ms', i) * 300);
      if (limiter.take(60) === 0) passed.push(now);
    }
    const most = Math.max(...passed.map((t) => passed.filter((other) => other >= t && other < t + 60_000).length));
    assert.equal(most, 60);
  });

  it('says how long to wait, and that is neither too short nor too long', () => {
    let now = 1000;
    const limiter = new Limiter(() => now);
    for (let i = 0; i < 60; i++, now += 100) assert.equal(limiter.take(60), 0);
    const wait = limiter.take(60);
    now += wait - 1;
    assert.equal(limiter.take(60), 1);
    now += 1;
    assert.equal(limiter.take(60), 0);
  });

  it('answers 429 over HTTP, with Retry-After where the switch says so, and counts it', async () => {
    let now = 0;
    const sandbox = await start({ now: () => now, behaviour: { rateLimit: 2, burst: 1, retryAfter: true } });
    const statuses = [];
    for (let i = 0; i < 4; i++, now += 1000) statuses.push((await send(sandbox, 'GET', '/accounts/me')).status);
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).headers.get('retry-after'), '56');
    sandbox.behaviour.retryAfter = false;
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).headers.get('retry-after'), null);
    now = 60_000;
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 200);
    const stats = (await send(sandbox, 'GET', '/_sandbox/stats')).body;
    assert.deepEqual([stats.requests, stats.s429, stats.maxIn60s], [7, 3, 6]);
  });
});
