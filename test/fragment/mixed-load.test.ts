import assert from 'node:assert/strict';
import { Gateway } from '../../fragment/gateway.js';
import { taskUid } from '../../fragment/uid.js';
import { FaultyServer, healthy } from './faulty-server.js';
import { VirtualClock } from './virtual-time.js';

const LIMIT = 60;

describe('Gateway, under a load of creations and closings', function () {
  this.timeout(120_000);

  /** 57 requests in 62 s carry 91.9 writes a second where they are full; these are 82 % of that, in both methods. */
  for (const creations of [0.8, 0.5, 0.2]) {
    it(`does not fall behind while full requests could carry it (${creations * 100} % creations)`, async () => {
      const { waits, overLimit } = await offer(75, creations, 300);
      assert.equal(overLimit, 0);
      // Falling behind, the last to come wait a minute and more.
      assert.ok(Math.max(...waits) < 10_000, `a write waited ${Math.max(...waits)} ms of the gateway's time`);
    });
  }

  it('keeps closings coming where more is created than can be sent', async () => {
    const { waits, closings } = await offer(120, 0.9, 60);
    assert.ok(Math.max(...waits) > 15_000, 'the creations were to fall behind');
    assert.ok(Math.max(...closings) < 10_000, `a closing waited ${Math.max(...closings)} ms of the gateway's time`);
  });
});

/** So many writes each second for so many seconds of virtual time, evenly; how long each waited, in ms. */
async function offer(perSecond: number, creations: number, seconds: number) {
  const clock = new VirtualClock();
  const server = new FaultyServer(clock, healthy(LIMIT));
  const gateway = new Gateway({ client: server, requestsPerMinute: LIMIT, maxBatch: 100, clock });
  const waits: number[] = [];
  const closings: number[] = [];

  const one = async (n: number) => {
    const uid = taskUid(`mixed#${n}`);
    const since = clock.now();
    const creates = n % 10 < creations * 10;
    if (!creates) server.tasks.set(uid, { uid, status: 'TODO', fields: {} });
    await gateway.write(
      creates ? { uid, kind: 'create', body: { fields: { n } } } : { uid, kind: 'update', body: { status: 'DONE' } },
    );
    waits.push(clock.now() - since);
    if (!creates) closings.push(clock.now() - since);
  };
  const arrive = async () => {
    const pending: Promise<void>[] = [];
    // Ten at a time: a virtual minute is then few enough jumps of the clock.
    for (let n = 0; n < perSecond * seconds; n += 1) {
      if (n % 10 === 0) await clock.sleep(10_000 / perSecond);
      pending.push(one(n));
    }
    await Promise.all(pending);
  };
  await clock.run(arrive());
  gateway.close();
  return { waits, closings, overLimit: server.overLimit };
}
