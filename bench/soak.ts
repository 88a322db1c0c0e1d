import { MAX_BATCH, REQUESTS_PER_MINUTE, floorOf, withFragment } from './fragment.js';
import { CAPACITY } from './latency.js';
import { openLoad } from './open-load.js';
import { percentiles } from './percentiles.js';
import { round, type Outcome, type Section, type Size } from './section.js';

const SECONDS = { full: 600, quick: 5 };
const LOAD = 0.95;

/** Minutes at high load against a limiter that counts every window of sixty seconds, wherever it begins. */
export const soak: Section = { name: 'soak', run };

async function run(size: Size): Promise<Outcome> {
  const seconds = SECONDS[size];
  return withFragment({}, async (fragment) => {
    const ms = percentiles(await openLoad(fragment, { perSecond: LOAD * CAPACITY, seconds, creates: 1 }));
    const sandbox = fragment.sandbox.stats();
    return {
      configuration: {
        seconds,
        load: `${LOAD * 100} % of capacity, Poisson`,
        'limit of the sandbox': `${REQUESTS_PER_MINUTE} in any 60 s (sliding window)`,
        'writes in a request': MAX_BATCH,
      },
      figures: [
        { what: 'answers 429', value: sandbox.s429, unit: 'answers', atMost: 0 },
        { what: 'most requests in any 60 s', value: sandbox.maxIn60s, unit: 'requests', atMost: REQUESTS_PER_MINUTE },
        { what: 'writes acknowledged', value: ms.count, unit: 'writes' },
        { what: 'requests over the least possible', value: round(sandbox.requests / floorOf(ms.count), 2), unit: '×' },
        { what: 'p99 of a write', value: round(ms.p99, 0), unit: 'ms' },
      ],
      raw: { ms, sandbox, gateway: fragment.gateway.stats() },
    };
  });
}
