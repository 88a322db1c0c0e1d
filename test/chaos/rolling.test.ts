import assert from 'node:assert/strict';
import { runChaos } from './chaos.js';

/** No payment is refused in it: an operator who retries while a person finishes is a matter of its own. */
const SEED = 38;

describe('a rolling restart', function () {
  this.timeout(400_000);

  it('of two workers of each role, with claims under way, loses nothing and doubles nothing', async () => {
    const { violations, figures, directory } = await runChaos({
      seed: SEED,
      claims: 20,
      faults: 0,
      rolling: true,
      settleSeconds: 300,
    });
    assert.deepEqual(violations, [], `npm run rolling -- --seed ${SEED} --claims 20; see ${directory}`);
    assert.equal(figures.replaced?.length, 4);
    for (const { worker, open } of figures.replaced) assert.ok(open > 0, `${worker} was replaced while nothing ran`);
  });
});
