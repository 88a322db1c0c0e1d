/**
 * People, backends, operators, feeds, Fragment and time act on a claim in any order, and several of them at once.
 * After each move the claim is as a simple model says, whichever of those that came at once was first; and once everything
 * is healed, it ends.
 *
 * A failure prints the seed, the path and the shortest sequence found. INTERLEAVINGS_SEED and INTERLEAVINGS_PATH repeat it,
 * INTERLEAVINGS_RUNS makes more of them.
 */
import fc from 'fast-check';
import { setTimeSkippingStage, type TimeSkippingStage } from '../time-skipping-stage.js';
import { life } from './commands.js';
import { live } from './life.js';

const { INTERLEAVINGS_SEED: seed = '1', INTERLEAVINGS_RUNS: runs = '40', INTERLEAVINGS_PATH: path } = process.env;
/** For finding the shortest sequence that fails, too. */
const ALL_WITHIN_MS = 300_000 + Number(runs) * 5_000;

describe('a claim, whatever happens to it and in whichever order', function () {
  this.timeout(ALL_WITHIN_MS + 120_000);
  let stage: TimeSkippingStage;
  before(async () => {
    stage = await setTimeSkippingStage();
  });
  after(() => stage?.stop());

  it('is as a simple model says after each move, and ends once everything is healed', async () => {
    const clock = { aheadMs: 0 };
    let claims = 0;
    await fc.assert(
      fc.asyncProperty(life, (drawn) => live(stage, clock, `life-${(claims += 1)}`, drawn)),
      {
        numRuns: Number(runs),
        seed: Number(seed),
        path,
        endOnFailure: path !== undefined,
        interruptAfterTimeLimit: ALL_WITHIN_MS,
        markInterruptAsFailure: true,
        includeErrorInReport: true,
      },
    );
  });
});
