import { RequestBudget } from '../fragment/budget.js';
import { MAX_BATCH, REQUESTS_PER_MINUTE, withFragment } from './fragment.js';
import { openLoad } from './open-load.js';
import { percentiles } from './percentiles.js';
import { round, type Figure, type Outcome, type Section, type Size } from './section.js';

const SECONDS = { full: 90, quick: 4 };
const LOADS = [
  { share: 0.1, creates: 1 },
  { share: 0.5, creates: 1 },
  { share: 0.85, creates: 1 },
  // What a claim with a task for each step writes: four creations, and the payment's task closed by us.
  { share: 0.5, creates: 0.8 },
  { share: 0.85, creates: 0.8 },
];

/** How long one write takes, at several loads. They run at once, each with a gateway and a sandbox of its own. */
export const latency: Section = { name: 'latency', run };

/** Writes a second that the budget carries in full batches. */
export const CAPACITY = new RequestBudget(REQUESTS_PER_MINUTE, 0).perSecond * MAX_BATCH;

async function run(size: Size): Promise<Outcome> {
  const seconds = SECONDS[size];
  const measured = await Promise.all(
    LOADS.map((load) =>
      withFragment({}, async (fragment) => {
        const ms = await openLoad(fragment, { ...load, perSecond: load.share * CAPACITY, seconds });
        return { ...load, ms: percentiles(ms), gateway: fragment.gateway.stats() };
      }),
    ),
  );
  return {
    configuration: {
      arrivals: 'Poisson, open loop',
      'seconds for each load': seconds,
      'capacity, writes/s': round(CAPACITY),
      'requests a minute': REQUESTS_PER_MINUTE,
      'writes in a request': MAX_BATCH,
    },
    figures: measured.flatMap(({ share, creates, ms }) => {
      const mixed = creates < 1 ? `, ${round(100 * (1 - creates))} % of them closings` : '';
      const at = (name: 'p50' | 'p95' | 'p99'): Figure => ({
        what: `${round(share * 100)} % of capacity${mixed}: ${name}`,
        value: round(ms[name], 0),
        unit: 'ms',
      });
      const p99 = at('p99');
      return [at('p50'), at('p95'), share === 0.85 && creates === 1 ? { ...p99, atMost: 2_000 } : p99];
    }),
    raw: { loads: measured },
  };
}
