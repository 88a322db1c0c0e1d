/**
 * People, backends, operators, feeds, Fragment and time act on a claim in any order, and several of them at once.
 * After each move the claim is as a simple model says, whichever of those that came at once was first; and once everything
 * is healed, it ends.
 *
 * A failure prints the seed, the path and the shortest sequence found. INTERLEAVINGS_SEED and INTERLEAVINGS_PATH repeat it,
 * INTERLEAVINGS_RUNS makes more of them.
 */
import assert from 'node:assert/strict';
import { Worker, type ReplayHistoriesIterable } from '@temporalio/worker';
import fc from 'fast-check';
import { claimWorkflowId } from '../../workflows/claim/contract.js';
import { workflowBundle } from '../stage.js';
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

  let claims = 0;
  it('is as a simple model says after each move, and ends once everything is healed', async () => {
    const clock = { aheadMs: 0 };
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

  it('71: and has a history that replays', async () => {
    assert.ok(claims > 0);
    const lives = Array.from({ length: claims }, (_, at) => claimWorkflowId(`life-${at + 1}`));
    async function* histories(): ReplayHistoriesIterable {
      for (const workflowId of lives)
        yield { workflowId, history: await stage.temporal.workflow.getHandle(workflowId).fetchHistory() };
    }
    const failures: string[] = [];
    let replayed = 0;
    for await (const { workflowId, error } of Worker.runReplayHistories(
      { workflowBundle: await workflowBundle() },
      histories(),
    )) {
      replayed += 1;
      if (error) failures.push(`${workflowId}: ${error.name}: ${error.message}`);
    }
    assert.deepEqual([replayed, failures], [claims, []]);
  });
});
