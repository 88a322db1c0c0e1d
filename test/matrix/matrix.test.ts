import assert from 'node:assert/strict';
import { behaviourSchema } from '../../sandbox/behaviour.js';
import { LEFT_OUT, VALUES, alone, pairs, unlike } from './profiles.js';
import { repeat, runSuite } from './suite.js';

describe('the behaviour matrix', () => {
  it('knows each switch of the sandbox, with another value than the default', () => {
    assert.deepEqual(new Set([...VALUES.keys(), ...LEFT_OUT]), new Set(Object.keys(behaviourSchema.shape)));
    for (const [name, values] of VALUES) assert.ok(values.length > 1, `${name}: say in CHOSEN what to try of it`);
  });

  it('has profiles that the sandbox takes, each named once', () => {
    const profiles = [...alone(), ...pairs(), ...unlike(3)];
    assert.equal(new Set(profiles.map(({ name }) => name)).size, profiles.length);
    for (const { behaviour } of profiles) assert.ok(behaviourSchema.safeParse(behaviour).success);
  });

  it('brings each two values of two switches together in one of its pairs, and needs few profiles for it', () => {
    const small = new Map(['a', 'b', 'c', 'd'].map((name) => [name, [0, 1, 2]] as const));
    for (const values of [VALUES, small]) {
      const profiles = pairs(values).map(({ behaviour }) => Object.entries(behaviour));
      const met = new Set(profiles.flatMap((settings) => twos(settings).map(String)));
      const wanted = twos([...values].flatMap(([name, its]) => its.map((value) => [name, value] as const)));
      const missing = wanted.filter(([[a], [b]]) => a !== b).filter((two) => !met.has(String(two)));
      assert.deepEqual(missing, []);
    }
    // Nine is the least there can be, and 20 for the switches: the two longest have five and four values.
    assert.ok(pairs(small).length <= 15);
    assert.ok(pairs().length <= 40);
  });

  it('lets the suite pass under the three profiles that are most unlike the default', async function () {
    this.timeout(300_000);
    // Of the cases those of creation, so that it is short; `npm run matrix` runs all of the suite, under all profiles.
    const outcomes = await runSuite(['test/acceptance/**/*.test.ts', '--grep', 'A. creation'], unlike(3), { jobs: 3 });
    for (const { profile, passed, failures, output } of outcomes) {
      assert.deepEqual(failures, [], repeat(profile));
      assert.ok(passed > 0, output);
    }
  });

  it('is the same each time', () => assert.deepEqual(pairs(), pairs()));
});

type Setting = readonly [string, unknown];
const twos = (settings: readonly Setting[]): [Setting, Setting][] =>
  settings.flatMap((a, at) => settings.slice(at + 1).map((b): [Setting, Setting] => [a, b]));
