/** Whether what was seen can have come about: by the model, in some order of what happened at once. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Happening, Model, Reply } from './model.js';
import { standingOf, type Standing } from './standing.js';

export interface Witnessed {
  happening: Happening;
  reply: Reply;
}

export interface Witness {
  together: Witnessed[];
  /** After all that. */
  last: Happening[];
}

const PLAIN = { stalls: 'not' as const, opensAnew: false, finds: false };
/** These are answered with the state even where they came second: what they asked for may not have been done. */
const FORGIVEN = ['retry', 'skip', 'reassign', 'move due date', 'pause'];

/**
 * Every model that what was seen leaves possible. More than one may be: what cannot be seen yet may differ.
 * @throws where there is none, with what the model would have had instead.
 */
export function explanations(models: readonly Model[], { together, last }: Witness, seen: Standing): Model[] {
  const possible = new Map<string, Model>();
  let nearest: unknown;
  const withdrawn = together.some(({ happening }) => happening.command.do === 'withdraw');
  for (const before of models) {
    for (const order of ordersOf(together)) {
      for (const variant of variantsOf(together)) {
        const model = Object.assign(before.copy(), variant);
        const replies = order.map((each) => (cameBetween(each, order) ? 'refused' : model.apply(each.happening)));
        if (!model.paused) model.unstall();
        Object.assign(model, PLAIN);
        for (const happening of last) model.apply(happening);
        const standing = standingOf(model);
        if (order.every((each, at) => agrees(each, replies[at], withdrawn)) && isDeepStrictEqual(standing, seen)) {
          possible.set(JSON.stringify(model.known), model);
        } else if (!replies.includes('impossible')) nearest ??= { replies, ...standing };
      }
    }
  }
  if (possible.size === 0) {
    const replies = together.map(({ reply }) => reply);
    assert.deepEqual({ replies, ...seen }, nearest, 'not as the model has it, in whichever order');
    assert.fail(`in no order can this have happened: ${JSON.stringify(seen)}`);
  }
  return [...possible.values()];
}

/** What happens at once may come in the midst of each other, where the order of whole ones does not say all. */
function variantsOf(together: Witnessed[]): Pick<Model, 'stalls' | 'opensAnew' | 'finds'>[] {
  const commands = together.length > 1 ? together.map(({ happening }) => happening.command) : [];
  const has = (name: string) => commands.some((command) => command.do === name);
  const unheard = commands.some((command) => command.do === 'finish' && !command.heard);
  return [
    PLAIN,
    ...(has('pause')
      ? [
          { ...PLAIN, stalls: 'before' as const },
          { ...PLAIN, stalls: 'after' as const },
        ]
      : []),
    // Nothing follows a step that was decided just before.
    ...(has('withdraw') ? [{ ...PLAIN, stalls: 'after' as const }] : []),
    ...(has('take away') ? [{ ...PLAIN, opensAnew: true }] : []),
    ...(unheard ? [{ ...PLAIN, finds: true }] : []),
  ];
}

/** Between two steps no step waits, so what asks something of one may be refused. */
function cameBetween({ happening, reply }: Witnessed, { length }: readonly Witnessed[]): boolean {
  return reply === 'refused' && length > 1 && ['reassign', 'move due date'].includes(happening.command.do);
}

function agrees({ happening, reply }: Witnessed, expected: Reply, withdrawn: boolean): boolean {
  if (reply === expected || expected === 'either') return true;
  // A withdrawal answers at once what was asked before it, with the state as it is: that step is decided a moment later.
  if (withdrawn && happening.command.do === 'complete') return reply === 'refused' && expected === 'taken';
  return reply === 'taken' && expected === 'refused' && FORGIVEN.includes(happening.command.do);
}

function ordersOf<T>(all: readonly T[]): T[][] {
  if (all.length < 2) return [[...all]];
  return all.flatMap((first, at) => ordersOf(all.toSpliced(at, 1)).map((others) => [first, ...others]));
}
