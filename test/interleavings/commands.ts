/** What may happen to a claim, as data: so that a sequence can be drawn, printed, shrunk and told to the model. */
import fc from 'fast-check';
import { LIFECYCLES, type Lifecycle } from '../../workflows/tasks/contract.js';
import type { ClaimPolicy, ClaimStep } from '../../workflows/claim/contract.js';

export interface Setting {
  lifecycle: Lifecycle;
  /** Whether the claim needs an approval. */
  large: boolean;
  /** Without one, payment is a person's step. */
  provider: boolean;
  fourEyes: ClaimPolicy['fourEyes'];
}

/** `nonsense` is no answer to any step; the others are the decisions, or merely "done" where nothing is decided. */
export type Saying = 'approve' | 'reject' | 'request_info' | 'nonsense';

export type Command =
  /** A person finishes the task that is before them, or answers it once more. `heard`: the change feed tells of it. */
  | { do: 'finish'; saying: Saying; by: string | null; heard: boolean }
  /** A person takes a finished task up again; `past`: one of a step that is over. */
  | { do: 'reopen'; past: boolean }
  /** A person starts the task, or puts it down again. */
  | { do: 'toggle' }
  /** The change feed, or reconciliation, tells of the task as it is. */
  | { do: 'feed catches up' }
  | { do: 'take away'; how: 'deleted' | 'archived'; heard: boolean }
  /** News comes once more, or late: the n-th of all that there was to tell. */
  | { do: 'tell again'; nth: number }
  | { do: 'forge'; what: 'uid' | 'step' | 'round' | 'nameless' }
  | { do: 'complete'; step: 'current' | ClaimStep; saying: Saying; by?: string }
  | { do: 'withdraw' | 'retry' | 'skip' | 'pause' | 'resume' | 'reassign' | 'move due date' }
  | { do: 'time passes'; hours: number }
  | { do: 'Fragment refuses tasks' | 'provider refuses payments'; refuses: boolean };

/** How Fragment and the provider treat the next request: it arrives late, or its answer does, or its answer is lost. */
export type Weather = 'fair' | 'late request' | 'late answer' | 'lost answer';

/** What happens at once: all but the first come while its first request is under way, or as it is begun. */
export interface Move {
  commands: Command[];
  weather: Weather;
}

const PEOPLE = ['ann', 'bob', ' ANN'];
/** One that reaches no alarm, one that reaches the first, and one that passes all. Their sums meet no alarm. */
const HOURS = [1.3, 22.1, 75.7];

const saying = fc.constantFrom<Saying>('approve', 'approve', 'approve', 'reject', 'request_info', 'nonsense');
const heard = fc.constantFrom(true, true, false);

const finish = fc.record({
  do: fc.constant('finish' as const),
  saying,
  by: fc.constantFrom(...PEOPLE, null),
  heard,
});
const complete = fc.record(
  {
    do: fc.constant('complete' as const),
    step: fc.constantFrom<'current' | ClaimStep>('current', 'current', 'current', 'data_entry', 'review', 'payment'),
    saying,
    by: fc.constantFrom(...PEOPLE),
  },
  { requiredKeys: ['do', 'step', 'saying'] },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: finish },
  { weight: 4, arbitrary: complete },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), past: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('toggle' as const, 'feed catches up' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('take away' as const),
      how: fc.constantFrom('deleted' as const, 'archived' as const),
      heard,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tell again' as const), nth: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('forge' as const),
      what: fc.constantFrom('uid' as const, 'step' as const, 'round' as const, 'nameless' as const),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...(['withdraw', 'retry', 'retry', 'skip', 'pause', 'resume', 'resume', 'reassign', 'move due date'] as const),
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('time passes' as const), hours: fc.constantFrom(...HOURS) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('Fragment refuses tasks' as const, 'provider refuses payments' as const),
      refuses: fc.constantFrom(true, true, false),
    }),
  },
);

/** What is worth its while as another thing is under way: mostly what may decide the same step. */
const rival: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: finish },
  { weight: 3, arbitrary: complete },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('withdraw' as const, 'pause' as const) }) },
  // Only at first can it be told how much time has passed when another thing happens.
  { weight: 3, arbitrary: command.filter((each) => each.do !== 'time passes') },
);
const weather = fc.constantFrom<Weather>('fair', 'late request', 'late answer', 'lost answer');
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ commands: fc.tuple(command), weather: fc.constant('fair' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      commands: fc
        .tuple(command, fc.array(rival, { minLength: 1, maxLength: 2 }))
        .map(([first, others]) => [first, ...others]),
      weather,
    }),
  },
);

export const life = fc.record({
  setting: fc.record({
    lifecycle: fc.constantFrom(...LIFECYCLES),
    large: fc.boolean(),
    provider: fc.constantFrom(true, true, false),
    fourEyes: fc.constantFrom('verifiable' as const, 'strict' as const),
  }),
  moves: fc.array(move, { minLength: 1, maxLength: 14 }),
});
export type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;
