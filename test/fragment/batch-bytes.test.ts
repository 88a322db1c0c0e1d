import assert from 'node:assert/strict';
import { FragmentRejectedError } from '../../fragment/errors.js';
import { Gateway } from '../../fragment/gateway.js';
import type { BatchItem } from '../../fragment/schema.js';
import { taskUid } from '../../fragment/uid.js';
import { FaultyServer, healthy } from './faulty-server.js';
import { VirtualClock } from './virtual-time.js';

const uid = (n: number | string) => taskUid(`bytes#${n}`);

describe('A batch of the gateway', () => {
  let clock: VirtualClock;
  let server: FaultyServer;
  let gateway: Gateway;

  function open(maxBytes?: number): void {
    clock = new VirtualClock();
    server = new FaultyServer(clock, healthy(60));
    gateway = new Gateway({ client: server, requestsPerMinute: 60, maxBatch: 100, maxBytes, clock });
  }
  afterEach(() => gateway.close());

  const create = (n: number | string, bytes: number) =>
    gateway.write({ uid: uid(n), kind: 'create', body: { fields: { title: 'x'.repeat(bytes) } } });
  const many = (count: number, bytes: number) => Promise.all(Array.from({ length: count }, (_, n) => create(n, bytes)));

  /** Refuses bodies of more bytes than this, whoever they are of, and counts how often it did. */
  function refuseAbove(bytes: number): { refused: () => number } {
    let refused = 0;
    const { putTask, putTasks } = server;
    const measure = (body: unknown) => {
      if (JSON.stringify(body).length <= bytes) return;
      refused += 1;
      throw new FragmentRejectedError('413', 'PUT', 413);
    };
    server.putTask = async (...args) => (measure(args[1]), putTask(...args));
    server.putTasks = async (items: BatchItem[]) => (measure({ items }), putTasks(items));
    return { refused: () => refused };
  }

  it('holds no more bytes than it may', async () => {
    open(2_000);
    await clock.run(many(10, 800));
    assert.deepEqual(
      server.batches.map(({ uids }) => uids.length),
      [2, 2, 2, 2, 2],
    );
  });

  it('is made smaller where Fragment refuses its bytes: all of it is taken in the end, and the size is remembered', async () => {
    open();
    const { refused } = refuseAbove(100_000);
    await clock.run(many(100, 2_000));
    assert.equal(server.tasks.size, 100);
    assert.equal(gateway.stats().maxBatchNow, 100, 'the number of tasks is as allowed as before');
    const before = refused();
    assert.ok(before >= 1 && before <= 2, `${before}`);
    await clock.run(Promise.all(Array.from({ length: 100 }, (_, n) => create(`again ${n}`, 2_000))));
    assert.equal(refused(), before);
  });

  it('is not repeated for ever for the one task in it that is too large by itself', async () => {
    open();
    const { refused } = refuseAbove(100_000);
    const [large, ...others] = await clock.run(
      Promise.allSettled([create('large', 150_000), ...Array.from({ length: 9 }, (_, n) => create(n, 2_000))]),
    );
    assert.equal(large.status, 'rejected');
    assert.ok(large.reason instanceof FragmentRejectedError);
    assert.ok(others.every(({ status }) => status === 'fulfilled'));
    assert.equal(refused(), 2, 'with the others, and alone');
  });
});
