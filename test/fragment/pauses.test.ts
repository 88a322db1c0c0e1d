import assert from 'node:assert/strict';
import { FragmentUnavailableError } from '../../fragment/errors.js';
import { Gateway } from '../../fragment/gateway.js';
import { FaultyServer, healthy } from './faulty-server.js';
import { VirtualClock } from './virtual-time.js';

const LIMIT = 60;

describe('A pause of the gateway', () => {
  let clock: VirtualClock;
  let gateway: Gateway;

  beforeEach(() => {
    clock = new VirtualClock();
    const server = new FaultyServer(clock, healthy(LIMIT));
    gateway = new Gateway({ client: server, requestsPerMinute: LIMIT, maxBatch: 10, clock });
  });
  afterEach(() => gateway.close());

  /** A request that fails so long after it was sent. */
  const failing = (afterMs: number, status: number, retryAfterMs?: number) =>
    gateway.request(async () => {
      await clock.sleep(afterMs);
      throw Object.assign(new FragmentUnavailableError('no', 'request', status), { retryAfterMs });
    });
  /** As many as the bucket holds tokens go at once. */
  async function together(...requests: (() => Promise<unknown>)[]): Promise<void> {
    await clock.run(clock.sleep(5_000));
    await clock.run(Promise.allSettled(requests.map((request) => request())));
  }

  it('is one, however many requests fail that were under way as it began', async () => {
    const full = gateway.stats().requestsPerMinuteNow;
    await together(
      () => failing(100, 429),
      () => failing(200, 429),
      () => failing(300, 429),
    );
    const { s429, pauses, pausedMs, requestsPerMinuteNow } = gateway.stats();
    assert.deepEqual([s429, pauses], [3, 1]);
    assert.equal(requestsPerMinuteNow, full * 0.7);
    // A minute with up to a tenth added, and what came after the first.
    assert.ok(pausedMs >= 60_000 && pausedMs <= 66_300, `${pausedMs}`);
  });

  it('becomes longer where one of them asks for more time', async () => {
    await together(
      () => failing(100, 429, 10_000),
      () => failing(200, 429, 100_000),
    );
    const { pauses, pausedMs } = gateway.stats();
    assert.equal(pauses, 1);
    assert.ok(pausedMs >= 100_000 && pausedMs <= 110_200, `${pausedMs}`);
    const before = clock.now();
    await clock.run(gateway.request(() => Promise.resolve()));
    assert.ok(clock.now() - before >= 100_000, 'a request went while the server had asked for time');
  });

  it('is doubled by the failure of the next incident, not by each failure of one', async () => {
    await together(
      () => failing(100, 503),
      () => failing(200, 503),
      () => failing(300, 503),
    );
    const first = gateway.stats().pausedMs;
    assert.ok(first < 1_400, `${first}`);
    await together(() => failing(100, 503));
    const { pauses, pausedMs, unanswered } = gateway.stats();
    assert.deepEqual([pauses, unanswered], [2, 4]);
    assert.ok(pausedMs - first >= 2_000 && pausedMs - first <= 2_200, `${pausedMs - first}`);
  });
});
