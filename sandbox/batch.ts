import { createHash } from 'node:crypto';
import type { Behaviour } from './behaviour.js';
import { invalid, refusedTask, Refusal, type Place } from './refusal.js';
import { parseWrite, type StoredTask, type TaskWrite } from './task-shape.js';
import type { Operation, TaskStore } from './tasks.js';

/** The items of a batch body, not yet checked one by one. */
export function batchItems(body: unknown, behaviour: Behaviour): unknown[] {
  const items = typeof body === 'object' && body !== null ? (body as { items?: unknown }).items : undefined;
  if (!Array.isArray(items)) throw invalid(['body', 'items'], 'a list of tasks is required', 'missing');
  if (items.length > behaviour.maxBatch) {
    throw new Refusal(
      Number(behaviour.batchTooLarge),
      `at most ${behaviour.maxBatch} items in a batch, got ${items.length}`,
    );
  }
  return items;
}

/** Applies a batch as `batchAtomicity` says. `failAfter`: a fault that breaks off with 500 after so many items. */
export function applyBatch(
  store: TaskStore,
  operation: Operation,
  items: unknown[],
  behaviour: Behaviour,
  failAfter = Infinity,
): StoredTask[] {
  const created = new Set<string>();
  const placeOf = (index: number): Place => ['body', 'items', index];
  const checked = (item: unknown, index: number): TaskWrite => {
    const at = placeOf(index);
    const write = parseWrite(item, behaviour, at);
    if (operation !== 'POST' && write.uid === undefined) throw invalid([...at, 'uid'], 'field required', 'missing');
    store.check(operation, write, 'api', at);
    if (operation === 'POST' && write.uid !== undefined) {
      const { duplicatePost } = behaviour;
      if (created.has(write.uid) && duplicatePost !== 'upsert')
        throw refusedTask(Number(duplicatePost), at, `${write.uid} twice in the batch`, 'already_exists');
      created.add(write.uid);
    }
    return write;
  };
  const done: StoredTask[] = [];
  const apply = (write: TaskWrite, index: number): void => {
    if (done.length >= failAfter) throw new Refusal(500, 'broke off half-way (sandbox fault half-batch)');
    done.push(store.apply(operation, write, 'api', placeOf(index)));
  };
  if (behaviour.batchAtomicity === 'all-or-nothing') {
    items.map(checked).forEach(apply);
  } else {
    for (const [index, item] of items.entries()) {
      try {
        const write = checked(item, index);
        created.clear();
        apply(write, index);
      } catch (error) {
        const bad = error instanceof Refusal && error.status < 500;
        if (!bad || behaviour.batchAtomicity === 'stop-at-first') throw error;
      }
    }
  }
  if (behaviour.batchOrder === 'same') return done;
  const rank = (task: StoredTask): string => createHash('md5').update(`shuffle#${task.uid}`).digest('hex');
  return done.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
