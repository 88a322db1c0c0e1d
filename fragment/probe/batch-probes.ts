/** Batches: how large, in what order, and what one bad item does to the others. */
import { isDeepStrictEqual } from 'node:util';
import { tasksIn } from './own-tasks.js';
import { cannotTell, isRefusal, type Finding, type Probe, type ProbeContext } from './probe.js';
import type { Answer } from './wire.js';

/** One more than anybody is known to send. */
const LARGEST = 101;
/** A shuffled answer of fewer may well look as if it was not. */
const ENOUGH_TO_TELL = 5;

export const BATCH_PROBES: Probe[] = [
  {
    name: 'batch size',
    question: `How many tasks does a batch take (up to ${LARGEST}), how is a larger one refused, and in what order is it answered?`,
    requests: 9,
    run: sizeAndOrder,
  },
  {
    name: 'bad item',
    question: 'What does one bad item do to the rest of its batch?',
    requests: 5,
    run: atomicity,
  },
  {
    name: 'unknown uid',
    question: 'Does a PATCH create the task that it does not find?',
    requests: 2,
    run: unknownUid,
  },
  {
    name: 'bare uid',
    question: 'May an item of a PATCH batch hold nothing but its uid (the cheapest way to read many tasks)?',
    requests: 2,
    async run({ wire, tasks }) {
      const before = await tasks.create({ status: 'DONE' });
      const answer = await wire.ask('PATCH', '/tasks/batch', { body: { items: [{ uid: before.uid }] } });
      if (isRefusal(answer.status))
        return {
          patchUidOnly: answer.status === 422 ? { value: '422' } : cannotTell(`it was answered ${answer.status}`),
        };
      const [after] = tasksIn(answer);
      if (after?.uid !== before.uid) return { patchUidOnly: cannotTell('the answer does not hold the task') };
      const note = after.updated_at === before.updated_at ? undefined : 'it moves updated_at';
      return { patchUidOnly: { value: 'allow', note } };
    },
  },
];

async function sizeAndOrder({ wire, tasks }: ProbeContext): Promise<Record<string, Finding>> {
  const uids = Array.from({ length: LARGEST }, () => tasks.newUid());
  let largest: Answer | undefined;
  let refused: number | undefined;
  /** The tasks are DONE from the first moment, so that nobody is given them as work. */
  const fits = async (count: number): Promise<boolean> => {
    const items = uids.slice(0, count).map((uid) => ({ uid, status: 'DONE', fields: tasks.fields() }));
    for (const { uid } of items) tasks.adopt(uid, 'closed');
    const answer = await wire.ask('PUT', '/tasks/batch', { body: { items } });
    const stored = tasksIn(answer);
    for (const { uid, status } of stored) tasks.adopt(uid, status === 'DONE' ? 'closed' : 'open');
    const whole = !isRefusal(answer.status) && new Set(stored.map(({ uid }) => uid)).size === count;
    if (whole) largest = answer;
    else refused = answer.status;
    return whole;
  };
  const max = (await fits(LARGEST)) ? LARGEST : await largestBelow(LARGEST, fits, LARGEST - 1);
  // What is beyond the largest batch was never made.
  for (const uid of uids.slice(max)) tasks.gone(uid);
  const batchOrder = largest ? orderOf(uids.slice(0, max), largest) : cannotTell('no batch was taken');
  if (max === 0) return { maxBatch: cannotTell(`a batch of one was answered ${refused}`), batchOrder };
  if (max === LARGEST) {
    const unknown = cannotTell(`${LARGEST} were taken, and more were not tried`);
    return { maxBatch: unknown, batchTooLarge: unknown, batchOrder };
  }
  const told = refused === 422 || refused === 413;
  const batchTooLarge = told ? { value: String(refused) } : cannotTell(`it was answered ${refused}`);
  return { maxBatch: { value: max }, batchTooLarge, batchOrder };
}

/** The largest number below `refused` that passes, where all smaller ones pass too. `likely` is tried first. */
export async function largestBelow(
  refused: number,
  passes: (count: number) => Promise<boolean>,
  likely: number,
): Promise<number> {
  let [good, bad] = [0, refused];
  for (let count = likely; bad - good > 1; count = Math.floor((good + bad) / 2)) {
    if (await passes(count)) good = count;
    else bad = count;
  }
  return good;
}

function orderOf(sent: string[], answer: Answer): Finding {
  const same = isDeepStrictEqual(
    tasksIn(answer).map(({ uid }) => uid),
    sent,
  );
  if (same && sent.length < ENOUGH_TO_TELL) return cannotTell(`${sent.length} in a batch are too few to tell`);
  return { value: same ? 'same' : 'shuffled' };
}

async function atomicity({ wire, tasks, known }: ProbeContext): Promise<Record<string, Finding>> {
  if (typeof known['maxBatch'] === 'number' && known['maxBatch'] < 3)
    return { batchAtomicity: cannotTell('a batch takes fewer than three') };
  const uids = [await tasks.create({ status: 'DONE' }), await tasks.create({ status: 'DONE' })].map(({ uid }) => uid);
  const missing = tasks.newUid();
  const [before, after] = uids.map((uid) => ({ uid, fields: tasks.fields({ touched: true }) }));
  const items = [before, { uid: missing, fields: tasks.fields() }, after];
  const answer = await wire.ask('PATCH', '/tasks/batch', { body: { items } });
  if (tasksIn(answer).some(({ uid }) => uid === missing)) {
    tasks.adopt(missing);
    return { batchAtomicity: cannotTell('PATCH creates what does not exist, so that no item is bad') };
  }
  const touched: boolean[] = [];
  for (const uid of uids) touched.push((await tasks.read(uid)).fields?.['touched'] === true);
  const outcome = `${isRefusal(answer.status) ? 'refused' : 'taken'}: ${touched.join(', ')}`;
  const meaning: Record<string, string> = {
    'refused: false, false': 'all-or-nothing',
    'refused: true, false': 'stop-at-first',
    'taken: true, true': 'best-effort',
  };
  const value = meaning[outcome];
  return {
    batchAtomicity: value
      ? { value }
      : cannotTell(`answered ${answer.status}, applied before and after it: ${outcome}`),
  };
}

/** DONE from the first moment if it comes to be, and with a title, for want of which the creation might be refused. */
async function unknownUid({ wire, tasks }: ProbeContext): Promise<Record<string, Finding>> {
  const uid = tasks.newUid();
  tasks.adopt(uid);
  const items = [{ uid, status: 'DONE', fields: tasks.fields() }];
  const answer = await wire.ask('PATCH', '/tasks/batch', { body: { items } });
  const created = tasksIn(answer).find((task) => task.uid === uid);
  if (created) {
    tasks.adopt(uid, created.status === 'DONE' ? 'closed' : 'open');
    return { patchMissing: { value: 'create' } };
  }
  // Left out of an answer that is a success, it may be there all the same.
  const { status } = isRefusal(answer.status) ? answer : await wire.ask('GET', `/tasks/${uid}`);
  if (status === 404) tasks.gone(uid);
  else if (status < 400) return { patchMissing: { value: 'create' } };
  return { patchMissing: status === 404 ? { value: '404' } : cannotTell(`it was answered ${answer.status}`) };
}
