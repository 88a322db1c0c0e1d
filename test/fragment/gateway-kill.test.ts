import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { TaskApi } from '../../fragment/client.js';
import { FragmentRejectedError, FragmentUnavailableError } from '../../fragment/errors.js';
import { Gateway, type Clock } from '../../fragment/gateway.js';
import type { Write } from '../../fragment/pending-write.js';
import type { Task } from '../../fragment/schema.js';
import { taskUid } from '../../fragment/uid.js';
import { FaultyServer, type Fault } from './faulty-server.js';
import { VirtualClock } from './virtual-time.js';

const LIMIT = 60;
const MAX_BATCH = 10;
/** Longer than any request of a dead gateway is on its way: Temporal hands its work out again later than that. */
const SILENCE_MS = 5_000;
const uids = Array.from({ length: 25 }, (_, n) => taskUid(`kill#${n}`));

const scenario = fc.record({
  trace: fc.array(fc.record({ task: fc.nat(uids.length - 1), gap: fc.constantFrom(0, 0, 0, 5, 300, 5_000) }), {
    minLength: 1,
    maxLength: 80,
  }),
  /** When each gateway in turn is killed, counted from its start. Fractions fall between the steps of one moment. */
  kills: fc.array(fc.integer({ min: 0, max: 12_000 }), { minLength: 1, maxLength: 3 }),
  /** When a person takes a task, and says something in its fields. */
  persons: fc.array(fc.record({ task: fc.nat(uids.length - 1), at: fc.integer({ min: 0, max: 40_000 }) }), {
    maxLength: 15,
  }),
  faults: fc.array(
    fc.constantFrom<Fault>('none', 'none', 'lost-answer', 'half-then-500', '500', '429', '401', 'reset'),
    { maxLength: 10 },
  ),
  guarded: fc.boolean(),
  seed: fc.integer(),
  options: fc.record({
    atomicity: fc.constantFrom('all-or-nothing' as const, 'stop-at-first' as const, 'best-effort' as const),
    latencyMs: fc.constantFrom(0, 20, 3_000),
    putResetsStatus: fc.boolean(),
    fieldsOnPut: fc.constantFrom('merge' as const, 'replace' as const),
  }),
});

describe('A gateway that is killed at any moment', function () {
  this.timeout(120_000);

  it('7: leaves each task in its newest state, created once, with nothing undone that a person did', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ trace, kills, persons, faults, guarded, seed, options }) => {
        const clock = new VirtualClock();
        const server = new FaultyServer(clock, { limit: LIMIT, faults, poisoned: new Set(), ...options });
        const writes = writesOf(trace, guarded);
        const taken = new Set<string>();
        const peopleDone = persons.map(({ task, at }) => takeTask(task, at));

        await clock.run(Promise.all([deliver(), ...peopleDone]));

        for (const [uid, version] of newestOf(writes)) {
          assert.equal(server.tasks.get(uid)?.fields?.version, version, `${uid} is not in its newest state`);
        }
        for (const [uid, times] of server.puts) assert.equal(times, 1, `${uid} was created ${times} times`);
        for (const uid of taken) {
          const later = server.changes.slice(
            server.changes.findIndex((task) => task.fields?.person && task.uid === uid),
          );
          for (const task of later.filter((each) => each.uid === uid)) {
            assert.equal(task.status, 'STARTED', `${uid} was taken back from a person`);
            assert.ok(task.fields?.person, `${uid} lost what a person said`);
          }
        }
        assert.equal(server.overLimit, 0);

        /** Every write, to one gateway after the other, until it is acknowledged, as Temporal's retries do it. */
        async function deliver(): Promise<void> {
          const acknowledged = new Set<Write>();
          const arrived = new Set<Write>();
          for (const lifeMs of [...kills, Infinity]) {
            const life = new Life(clock, server);
            const done = shuffled([...arrived], seed).map((write) => send(write, { ...write, unsure: true }));
            const arriving = arrive();
            const all = arriving.then(() => Promise.all(done));
            await Promise.race([all, Number.isFinite(lifeMs) ? clock.sleep(lifeMs) : all]);
            life.end();
            if (acknowledged.size === writes.length) return;
            await clock.sleep(SILENCE_MS);

            async function arrive(): Promise<void> {
              for (const { write, gap } of writes) {
                if (arrived.has(write)) continue;
                await clock.sleep(gap);
                if (life.over) return;
                arrived.add(write);
                done.push(send(write, write));
              }
            }
            async function send(write: Write, intent: Write): Promise<void> {
              if (acknowledged.has(write)) return;
              try {
                await life.gateway.write(intent);
              } catch (error) {
                // Fragment fell over it too often: Temporal asks again. A process would know by then that the task was created.
                const early = error instanceof FragmentRejectedError && error.status === 404 && write.kind === 'update';
                if (life.over || !(early || error instanceof FragmentUnavailableError)) throw error;
                await clock.sleep(1_000);
                return send(write, { ...write, unsure: true });
              }
              if (!life.over) acknowledged.add(write);
            }
          }
        }

        async function takeTask(task: number, at: number): Promise<void> {
          await clock.sleep(at);
          const uid = uids[task]!;
          if (server.tasks.has(uid)) taken.add(uid);
          server.touch(uid, (now) => ({ ...now, status: 'STARTED', fields: { ...now.fields, person: true } }));
        }
      }),
      { numRuns: 400 },
    );
  });
});

/** A gateway in a process that can be killed: from then on nothing leaves it, and nothing comes back to it. */
class Life {
  over = false;
  readonly gateway: Gateway;

  constructor(clock: VirtualClock, server: FaultyServer) {
    const mine: Clock = { now: clock.now, sleep: (ms) => this.alive(() => clock.sleep(ms)) };
    const api = Object.fromEntries(
      (['accountsMe', 'getTask', 'putTask', 'patchTask', 'putTasks', 'patchTasks', 'queryTasks'] as const).map(
        (name) => [
          name,
          (...args: [never, never]) =>
            this.alive<unknown>(() => (server[name] as (...all: never[]) => Promise<unknown>)(...args)),
        ],
      ),
    ) as unknown as TaskApi;
    this.gateway = new Gateway({ client: api, requestsPerMinute: LIMIT, maxBatch: MAX_BATCH, clock: mine });
  }

  end(): void {
    this.over = true;
  }

  private async alive<T>(work: () => Promise<T>): Promise<T> {
    if (this.over) return new Promise<never>(() => undefined);
    const outcome = work();
    await outcome.catch(() => undefined);
    return this.over ? new Promise<never>(() => undefined) : outcome;
  }
}

/** The first write of a task creates it; `guarded` ones know by looking at the task whether they have been applied. */
function writesOf(trace: readonly { task: number; gap: number }[], guarded: boolean): { write: Write; gap: number }[] {
  const versions = new Map<string, number>();
  return trace.map(({ task, gap }) => {
    const uid = uids[task]!;
    const version = (versions.get(uid) ?? 0) + 1;
    versions.set(uid, version);
    const stillNeeded = (now: Task | undefined) => Number(now?.fields?.version ?? 0) < version;
    const kind = version === 1 ? ('create' as const) : ('update' as const);
    return {
      write: { uid, kind, body: { fields: { version } }, ...(guarded || version > 1 ? { stillNeeded } : {}) },
      gap,
    };
  });
}

function newestOf(writes: readonly { write: Write }[]): Map<string, number> {
  return new Map(writes.map(({ write }) => [write.uid, Number(write.body.fields?.version)]));
}

/** Retries come in any order, but a process changes no task before it knows that the task was created. */
function shuffled(items: Write[], seed: number): Write[] {
  const place = (index: number) => (items[index]!.kind === 'create' ? 0 : 1) + Math.abs(Math.sin(seed + index * 7919));
  return items
    .map((item, index) => ({ item, at: place(index) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
