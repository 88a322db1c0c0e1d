import assert from 'node:assert/strict';
import { LeaseDeadline } from '../../activities/lease-deadline.js';

describe('LeaseDeadline', () => {
  const at = { monotonic: 0, wall: 1_000_000 };
  let deadline: LeaseDeadline;
  beforeEach(() => {
    at.monotonic = 0;
    at.wall = 1_000_000;
    deadline = new LeaseDeadline(5_000, { monotonic: () => at.monotonic, wall: () => at.wall });
  });

  function pass(ms: number, { asleep = false } = {}): void {
    if (!asleep) at.monotonic += ms;
    at.wall += ms;
  }

  it('allows nothing before Temporal has acknowledged a heartbeat', () => {
    assert.equal(deadline.maySend(), false);
    assert.equal(deadline.isOver(), true);
  });

  it('ends sending before Temporal gives the lease to another, counted from when the heartbeat was sent', () => {
    const sent = deadline.mark();
    pass(1_000);
    deadline.extend(sent);
    assert.equal(deadline.maySend(), true);
    pass(2_499);
    assert.equal(deadline.maySend(), true);
    pass(1);
    assert.deepEqual([deadline.maySend(), deadline.isOver()], [false, false]);
    pass(1_500);
    assert.equal(deadline.isOver(), true);
  });

  it('allows sending again when a late heartbeat is acknowledged after all', () => {
    deadline.extend(deadline.mark());
    pass(4_000);
    assert.equal(deadline.maySend(), false);
    deadline.extend(deadline.mark());
    assert.equal(deadline.maySend(), true);
  });

  it('is over after a sleep of the machine, though its monotonic clock stood still', () => {
    deadline.extend(deadline.mark());
    pass(60_000, { asleep: true });
    assert.deepEqual([deadline.maySend(), deadline.isOver()], [false, true]);
  });

  it('is over in time, though the wall clock is set back', () => {
    deadline.extend(deadline.mark());
    pass(5_000);
    at.wall -= 3_600_000;
    assert.equal(deadline.isOver(), true);
  });

  it('refuses a timeout that leaves no time to send in', () => {
    assert.throws(() => new LeaseDeadline(1_500), /above 1500 ms/);
  });
});
