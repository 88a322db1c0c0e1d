import { setTimeout as sleep } from 'node:timers/promises';
import { FragmentUnavailableError } from '../fragment/errors.js';
import { taskUid } from '../fragment/uid.js';
import { floorOf, MAX_BATCH, REQUESTS_PER_MINUTE, withFragment } from './fragment.js';
import { percentiles } from './percentiles.js';
import { round, type Outcome, type Section, type Size } from './section.js';

/** Long enough for a second and a third minute's worth of requests to begin. */
const ONE_BY_ONE_SECONDS = { full: 125, quick: 3 };
const WRITES = { full: 1_000, quick: 250 };

/** Many writes at once: how long until Fragment has acknowledged all of them; beside it one request for each write. */
export const drain: Section = { name: 'drain', run };

async function run(size: Size): Promise<Outcome> {
  const writes = WRITES[size];
  const [gateway, oneByOne] = await Promise.all([throughGateway(writes), guidesWay(ONE_BY_ONE_SECONDS[size])]);
  const { fromCold, fromRested } = gateway;
  return {
    configuration: {
      writes,
      'requests a minute': REQUESTS_PER_MINUTE,
      'writes in a request': MAX_BATCH,
      'one by one, seconds': ONE_BY_ONE_SECONDS[size],
    },
    figures: [
      { what: `${writes} writes, gateway just started`, value: round(fromCold.seconds), unit: 's', atMost: 12 },
      { what: `${writes} writes, gateway that has rested`, value: round(fromRested.seconds), unit: 's' },
      { what: 'requests of the gateway', value: fromCold.requests, unit: 'requests' },
      { what: 'least possible requests', value: floorOf(writes), unit: 'requests' },
      { what: 'one request a write: reached', value: round(oneByOne.writesPerMinute), unit: 'writes/min' },
      {
        what: `one request a write: ${writes} writes (extrapolated)`,
        value: round((writes / oneByOne.writesPerMinute) * 60),
        unit: 's',
      },
      { what: '429s of the gateway', value: gateway.s429, unit: 'answers', atMost: 0 },
      { what: '429s of one request a write', value: oneByOne.s429, unit: 'answers' },
    ],
    raw: { gateway, oneByOne },
  };
}

/** Cold: the budget starts empty, so that restarts cannot add up to a burst. Rested: its three spare requests are there. */
function throughGateway(writes: number) {
  return withFragment({}, async ({ gateway, sandbox }) => {
    const drained = async (name: string) => {
      const began = performance.now();
      const before = sandbox.stats().requests;
      const took = await Promise.all(
        Array.from({ length: writes }, async (_, n) => {
          await gateway.write({ uid: taskUid(`${name}#${n}`), kind: 'create', body: { fields: { title: `${n}` } } });
          return performance.now() - began;
        }),
      );
      const { max, ...rest } = percentiles(took);
      return { seconds: max / 1000, requests: sandbox.stats().requests - before, ms: rest };
    };
    const fromCold = await drained('cold');
    await sleep(6_000);
    const fromRested = await drained('rested');
    return { fromCold, fromRested, s429: sandbox.stats().s429 };
  });
}

/** One upsert after the other, as the guides' samples do; after a 429 without Retry-After, a minute's wait. */
function guidesWay(seconds: number) {
  return withFragment({}, async ({ client, sandbox }) => {
    const began = performance.now();
    const left = () => seconds * 1000 - (performance.now() - began);
    const ackedAt: number[] = [];
    while (left() > 0) {
      try {
        await client.putTask(taskUid(`one#${ackedAt.length}`), { fields: { title: `${ackedAt.length}` } });
        ackedAt.push((performance.now() - began) / 1000);
      } catch (error) {
        if (!(error instanceof FragmentUnavailableError) || error.status !== 429) throw error;
        await sleep(Math.max(0, Math.min(error.retryAfterMs ?? 60_000, left())));
      }
    }
    // Whole minutes alone: a minute's worth goes at once in the first second of each.
    const minutes = Math.max(1, Math.floor(seconds / 60));
    const counted = ackedAt.filter((at) => at < minutes * 60).length;
    return { writesPerMinute: counted / minutes, writes: ackedAt.length, s429: sandbox.stats().s429 };
  });
}
