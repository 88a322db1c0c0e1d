import assert from 'node:assert/strict';
import { FragmentUnavailableError } from '../../fragment/errors.js';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { FaultyServer, healthy, type Fault } from './faulty-server.js';
import { VirtualClock } from './virtual-time.js';

const LIMIT = 60;

describe('A pause of the gateway', () => {
  let clock: VirtualClock;
  let server: FaultyServer;
  let gateway: Gateway;

  beforeEach(() => open());
  function open(...faults: Fault[]): void {
    clock = new VirtualClock();
    server = new FaultyServer(clock, { ...healthy(LIMIT), faults });
    gateway = new Gateway({ client: server, requestsPerMinute: LIMIT, maxBatch: 10, clock });
  }
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

  it('lowers the rate once, whichever of them is told that it is too high', async () => {
    const full = gateway.stats().requestsPerMinuteNow;
    await together(
      () => failing(100, 503),
      () => failing(200, 429),
      () => failing(300, 429),
    );
    const { pauses, requestsPerMinuteNow } = gateway.stats();
    assert.deepEqual([pauses, requestsPerMinuteNow], [1, full * 0.7]);
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

  describe('that comes between a look at a task and the write', () => {
    const uid = taskUid('pauses#1');
    const take = () =>
      gateway.write({
        uid,
        kind: 'update',
        body: { status: 'STARTED' },
        unsure: true,
        stillNeeded: (task) => task?.status === 'TODO',
      });
    async function finishedWhile(pausing: () => boolean): Promise<void> {
      while (!pausing()) await clock.sleep(10);
      // Whatever is under way has been answered by then.
      await clock.sleep(100);
      server.touch(uid, (task) => ({ ...task, status: 'DONE' }));
    }

    it('lets the task be looked at again, where the write itself was turned away', async () => {
      open('none', '429');
      server.tasks.set(uid, { uid, status: 'TODO' });
      const [task] = await clock.run(Promise.all([take(), finishedWhile(() => gateway.stats().s429 > 0)]));
      assert.equal(task.status, 'DONE');
      assert.equal(server.tasks.get(uid)?.status, 'DONE');
    });

    it('and where another request failed, before the look was answered or after it', async () => {
      for (const afterMs of [60, 500]) {
        open();
        server.tasks.set(uid, { uid, status: 'TODO' });
        // Two tokens: for the request that fails and for the look, not for the write.
        await clock.run(clock.sleep(2_300));
        const failed = failing(afterMs, 503).catch(() => undefined);
        const [task] = await clock.run(
          Promise.all([take(), failed, finishedWhile(() => gateway.stats().unanswered > 0)]),
        );
        assert.equal(task.status, 'DONE', `${afterMs} ms`);
        assert.equal(server.tasks.get(uid)?.status, 'DONE');
        assert.equal(server.arrivals.length, 2, 'one look before the pause, one after it');
      }
    });
  });
});
