/** One claim from its start to its end: what happens to it, and after each of it, whether it is as the model says. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_POLICY } from '../../workflows/claim/contract.js';
import type { ProcessState } from '../../workflows/tasks/contract.js';
import { deadlines } from '../workflows/deadline-policy.js';
import type { TimeSkippingStage } from '../time-skipping-stage.js';
import type { Command, Life, Weather } from './commands.js';
import { explanations, type Witnessed } from './explanations.js';
import { Model, noteOf, operator } from './model.js';
import { World, type Delivered } from './world.js';

/** Healed, a claim ends within this many commands; one that does not waits for nobody. */
const HEALED_WITHIN = 30;

/** Beyond every wait of its own: so that what hangs elsewhere fails, too, and says where. */
const MOVE_MS = 120_000;

/** Longer than the real time that a run takes, shorter than all that a claim waits for. */
const MOMENT_HOURS = 0.1;

/** @throws with all that happened, where the claim is not as the model says or does not end once everything is healed. */
export async function live(
  stage: TimeSkippingStage,
  clock: { aheadMs: number },
  id: string,
  life: Life,
): Promise<void> {
  const { setting, moves } = life;
  const { lifecycle, large, provider, fourEyes } = setting;
  stage.payments.provider = provider;
  const claim = await stage.startClaim(id, {
    lifecycle,
    total: { amount: large ? DEFAULT_POLICY.approvalFrom : DEFAULT_POLICY.approvalFrom - 1, currency: 'USD' },
    policy: { fourEyes, deadlines },
  });
  const world = new World(stage, claim, setting, clock);
  const trail: string[] = [];
  let models = [new Model(setting)];
  let state = await world.atRest([]);
  try {
    for (const { commands, weather } of moves) await bounded(JSON.stringify(commands), happen(commands, weather));
    trail.push('everything is healed');
    for (let left = HEALED_WITHIN; state.outcome === undefined; left -= 1) {
      assert.ok(left > 0, `it has not ended: ${JSON.stringify(state)}`);
      for (const remedy of remedies(state)) await bounded(JSON.stringify(remedy), happen([remedy], 'fair'));
    }
    await bounded('the end', ended());
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error([problem, `claim ${id}, ${JSON.stringify(setting)}`, ...trail].join('\n  '), { cause: error });
  } finally {
    await world.leave();
  }

  /** The first goes ahead until a request of its is under way, then the others come. */
  async function happen(commands: Command[], weather: Weather): Promise<void> {
    const { held, clear } = world.meet(weather);
    const delivered: Delivered[] = [];
    for (const command of commands) {
      // The test server cannot take it that a workflow cancels an activity that ends at this moment: its workflow task is
      // then never tried again. So a withdrawal comes while a request is held up, or while there is none.
      if (command.do === 'withdraw' && !held()) {
        await world.until('a request, or rest', delivered, async () => held() || (await world.isAtRest(delivered)));
      }
      delivered.push(await world.deliver(command, given(command, weather)));
      const first = delivered[0] as Delivered;
      const alone = commands.length === 1 || (command.do === 'time passes' && weather === 'fair');
      if (delivered.length > 1 || (weather === 'fair' && !alone)) continue;
      await world.until('its first request, or rest', delivered, async () => held() || (await world.isAtRest([first])));
    }
    if (held()) await world.arrived(delivered);
    clear();
    state = await world.atRest(delivered);
    // What was read while people acted is told again as it is: they have changed the task, so the feed looks once more.
    const last = commands.length > 1 ? [await world.deliver({ do: 'feed catches up' })] : [];
    if (last.length > 0) state = await world.atRest(delivered);
    const witnessed = delivered.map(({ happening, reply }) => ({ happening, reply: reply.now }));
    trail.push(`${weather === 'fair' ? '' : `${weather}: `}${witnessed.map(told).join(' | ')}`);
    models = explanations(
      models,
      { together: witnessed, last: last.map(({ happening }) => happening) },
      world.standing(state),
    );
    const parked = state.steps.at(-1)?.status === 'parked' && state.outcome === undefined;
    if (parked) assert.ok(state.needsAttention, 'it is parked, and asks nobody for attention');
  }

  /** What the command needs to know of what was before. */
  function given(command: Command, weather: Weather): { news?: number; hours?: number } {
    const { newsIds } = world;
    if (command.do === 'tell again' && newsIds.length > 0) return { news: newsIds[command.nth % newsIds.length] };
    // While others act, time stops at the first alarm: how much of it lies before and after them is known then.
    const alarm = models[0]!.untilAlarm + MOMENT_HOURS;
    if (command.do === 'time passes' && weather !== 'fair') return { hours: Math.min(command.hours, alarm) };
    return {};
  }

  /** What holds at the end, whichever way it came there. */
  async function ended(): Promise<void> {
    const { outcome, tasks } = await claim.result();
    const [model] = models as [Model];
    assert.equal(outcome, model.outcome);
    const uids = stage.fragment.of(id).map(({ uid }) => uid);
    assert.deepEqual(
      uids.filter((uid) => !tasks.includes(uid)),
      [],
      'tasks that the claim does not know',
    );
    const moved = stage.payments.of(id);
    const count = (what: string) => moved.filter((each) => each === what).length;
    const byProvider = state.steps.at(-1)?.source === 'engine';
    assert.equal(count('pay') - count('refund'), outcome === 'paid' && byProvider ? 1 : 0, `paid: ${moved.join()}`);
    assert.ok(count('pay') <= 1, `paid: ${moved.join()}`);
    assert.equal(count('reserve'), count('release') + count('pay'), `reserved: ${moved.join()}`);
    const handedBack = state.audit.filter(({ what }) => what === 'handed back').length;
    const back = stage.fragment.stepsBack.filter(({ task }) => task.fields.claim_id === id).length;
    assert.ok(back <= handedBack, 'a task was taken back from DONE without being handed back');
    for (const verb of model.audited) {
      const entries = state.audit.filter(
        ({ by, why, source }) => source !== 'engine' && (by === operator(verb) || why === noteOf(verb)),
      );
      assert.equal(entries.length, 1, `no. ${verb} is in the audit trail ${entries.length} times`);
    }
  }
}

async function bounded(what: string, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const bound = pause(MOVE_MS, undefined, { signal: over.signal }).then(() => assert.fail(`it hangs: ${what}`));
  bound.catch(() => 'nobody waits for it then');
  await Promise.race([work, bound]).finally(() => over.abort());
}

/** What people, operators and the feed do so that a claim ends, wherever it stands. */
function remedies({ paused, steps }: ProcessState): Command[] {
  const healthy: Command[] = [
    { do: 'Fragment refuses tasks', refuses: false },
    { do: 'provider refuses payments', refuses: false },
  ];
  if (paused !== undefined) return [...healthy, { do: 'resume' }];
  const last = steps.at(-1);
  if (last?.status === 'parked') return [...healthy, { do: 'retry' }];
  const reviewer = steps
    .findLast(({ step }) => step === 'review')
    ?.by?.trim()
    .toLowerCase();
  const by = reviewer === 'ann' ? 'bob' : 'ann';
  return [...healthy, { do: 'feed catches up' }, { do: 'finish', saying: 'approve', by, heard: true }];
}

function told({ happening: { command, id, place, news }, reply }: Witnessed): string {
  const more = [place, news && `news ${news}`, reply].filter(Boolean).join(', ');
  return `${id}. ${JSON.stringify(command)}${more ? ` -> ${more}` : ''}`;
}
