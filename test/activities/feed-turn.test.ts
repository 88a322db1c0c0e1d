import assert from 'node:assert/strict';
import type { FeedCursor } from '../../activities/feed-cursor.js';
import { takeTurn, type AwaitedTasks } from '../../activities/feed-turn.js';

describe('the turn of awaited tasks to be looked at', () => {
  const tasks = (...uids: string[]) => new Map(uids.map((uid) => [uid, `claim of ${uid}`]));

  /** A list in the given pages; the place is the number of the next one. */
  function listed(...pages: Map<string, string>[]): AwaitedTasks {
    return {
      awaitedAfter: async (place) => {
        const at = Number(place ?? 0);
        return { tasks: pages[at] as Map<string, string>, ...(at + 1 < pages.length ? { next: `${at + 1}` } : {}) };
      },
      awaitedAmong: () => assert.fail('nobody is named'),
      awaitedTasks: () => assert.fail('nobody needs all of them'),
    };
  }

  const begin = (): FeedCursor => ({
    round: 1,
    list: true,
    reading: 'bulk',
    cycled: false,
    delivered: {},
    unlisted: {},
  });

  async function turns(awaited: AwaitedTasks, cursor: FeedCursor, count: number): Promise<string[][]> {
    const all: string[][] = [];
    for (let n = 0; n < count; n += 1) {
      const turn = await takeTurn(awaited, cursor, 2);
      turn.over();
      all.push([...turn.tasks.keys()]);
    }
    return all;
  }

  it('goes on where the last one ended, and begins again at the end', async () => {
    const cursor = begin();
    const awaited = listed(tasks('a', 'b'), tasks('c'));
    assert.deepEqual(await turns(awaited, cursor, 1), [['a', 'b']]);
    assert.deepEqual([cursor.cycled, cursor.awaited, cursor.counted], [false, undefined, 2]);
    assert.deepEqual(await turns(awaited, cursor, 2), [['c'], ['a', 'b']]);
    assert.deepEqual([cursor.cycled, cursor.awaited, cursor.counted], [true, 3, 2]);
  });

  it('is not lost in a last page that is empty', async () => {
    const cursor = begin();
    assert.deepEqual(await turns(listed(tasks('a', 'b'), tasks()), cursor, 3), [
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    assert.deepEqual([cursor.cycled, cursor.awaited], [true, 2]);
  });

  it('comes again where the look failed', async () => {
    const cursor = begin();
    const awaited = listed(tasks('a'), tasks('b'));
    await takeTurn(awaited, cursor, 2);
    assert.deepEqual(await turns(awaited, cursor, 2), [['a'], ['b']]);
  });

  it('is over at once where nobody waits for anything', async () => {
    const cursor = begin();
    assert.deepEqual(await turns(listed(tasks()), cursor, 1), [[]]);
    assert.deepEqual([cursor.cycled, cursor.awaited], [true, 0]);
  });
});
