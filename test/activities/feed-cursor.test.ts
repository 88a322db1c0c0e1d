import assert from 'node:assert/strict';
import { isToTell, nextRound, noteTold, type FeedCursor } from '../../activities/feed-cursor.js';

describe('The cursor of the change feed', () => {
  it('has a process that goes on waiting told again, at ever longer intervals', () => {
    let cursor: FeedCursor | undefined;
    const tellings: number[] = [];
    while ((cursor?.round ?? 0) < 60_000) {
      ({ cursor } = nextRound(cursor, Date.now()));
      if (!isToTell(cursor, 'a completion')) continue;
      noteTold(cursor, 'a completion');
      tellings.push(cursor.round);
    }
    const gaps = tellings.slice(1).map((round, n) => round - (tellings[n] as number));
    assert.deepEqual(gaps, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 12_800, 12_800]);
  });

  it('forgets what is told no more', () => {
    let cursor: FeedCursor | undefined;
    for (let round = 1; round <= 300; round += 1) {
      ({ cursor } = nextRound(cursor, Date.now()));
      if (round === 1) noteTold(cursor, 'a completion');
    }
    assert.deepEqual(cursor?.delivered, {});
  });
});
