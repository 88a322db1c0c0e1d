/** The ways in which Fragment may behave that the acceptance suite is run under, each a setting of the sandbox's switches. */
import { behaviourSchema, type Behaviour } from '../../sandbox/behaviour.js';

export type Switch = keyof Behaviour;
export interface Profile {
  /** Says it to a person, and to `--only`. */
  name: string;
  behaviour: Partial<Record<Switch, unknown>>;
}

/** Switches without a list of values of their own: what is tried of them beside the default. */
const CHOSEN: Partial<Record<Switch, unknown[]>> = {
  maxBatch: [1, 7],
  defaultLimit: [3],
  maxLimit: [10],
  listLag: [1_500],
  // The client of the suite goes on saying `cursor`: nobody has told it.
  cursorParam: ['page_token'],
  commentKey: ['text'],
};
/**
 * The suite asks for more than 60 requests a minute; how the limit is kept has tests of its own (test/fragment, test/e2e). Where
 * no task is opened again, or an answer cannot be cleared, there is no single-task lifecycle; what holds then is in
 * test/activities and test/workflows.
 */
export const LEFT_OUT: readonly Switch[] = ['rateLimit', 'burst', 'reopening', 'formDataWithoutForm'];

/** Every value of every switch, the default first. */
export const VALUES: ReadonlyMap<Switch, readonly unknown[]> = new Map(
  (Object.keys(behaviourSchema.shape) as Switch[]).flatMap((name) =>
    LEFT_OUT.includes(name) ? [] : [[name, valuesOf(name)] as const],
  ),
);

/** One switch off its default at a time. */
export function alone(): Profile[] {
  return [...VALUES].flatMap(([name, [, ...others]]) =>
    others.map((value) => ({ name: `${name}=${String(value)}`, behaviour: { [name]: value } })),
  );
}

/**
 * Profiles of which each two values of two switches meet in at least one: a fault needs rarely more than two settings to
 * show itself. Greedy, so not the fewest there could be, and always the same.
 */
export function pairs(values: ReadonlyMap<string, readonly unknown[]> = VALUES): Profile[] {
  const names = [...values.keys()];
  const open = new Set(everyPair(values));
  const profiles: Profile[] = [];
  for (const pair of open) {
    const [a, at, b, bt] = pair.split('\n') as [string, string, string, string];
    const chosen = new Map([
      [a, Number(at)],
      [b, Number(bt)],
    ]);
    for (const name of names) if (!chosen.has(name)) chosen.set(name, best(name));
    for (const met of meeting(names, chosen)) open.delete(met);
    const settings = names.map((name) => [name, values.get(name)?.[chosen.get(name) ?? 0]] as const);
    profiles.push({ name: `pairs-${profiles.length + 1}`, behaviour: Object.fromEntries(settings) });

    function best(name: string): number {
      const gains = (values.get(name) ?? []).map(
        (_, value) => [...chosen].filter(([other, its]) => open.has(key(names, name, value, other, its))).length,
      );
      return gains.indexOf(Math.max(...gains));
    }
  }
  return profiles;
}

/** Every switch off its default: in the first its first other value, in the second its second (or the first again), and so on. */
export function unlike(count: number): Profile[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `unlike-${at + 1}`,
    behaviour: Object.fromEntries(
      [...VALUES].map(([name, [, ...others]]) => [name, others[at % others.length]] as const),
    ),
  }));
}

function valuesOf(name: Switch): unknown[] {
  const field = behaviourSchema.shape[name];
  const standard: unknown = field.parse(undefined);
  const inner = field.unwrap();
  const others =
    CHOSEN[name] ??
    ('options' in inner
      ? inner.options.map((option) => (typeof option === 'string' ? option : option.value))
      : inner.type === 'boolean'
        ? [true, false]
        : []);
  return [standard, ...others.filter((value) => value !== standard)];
}

function* everyPair(values: ReadonlyMap<string, readonly unknown[]>): Generator<string> {
  const names = [...values.keys()];
  for (const [at, a] of names.entries())
    for (const b of names.slice(at + 1))
      for (const i of (values.get(a) ?? []).keys())
        for (const j of (values.get(b) ?? []).keys()) yield key(names, a, i, b, j);
}

function* meeting(names: string[], chosen: ReadonlyMap<string, number>): Generator<string> {
  for (const [at, a] of names.entries())
    for (const b of names.slice(at + 1)) yield key(names, a, chosen.get(a) ?? 0, b, chosen.get(b) ?? 0);
}

function key(names: string[], a: string, i: number, b: string, j: number): string {
  return (names.indexOf(a) < names.indexOf(b) ? [a, i, b, j] : [b, j, a, i]).join('\n');
}
