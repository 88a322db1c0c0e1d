import assert from 'node:assert/strict';
import fc from 'fast-check';
import { calendar } from '../../client/working-hours.js';
import { addWorkingTime, workingDay, workingTimeBetween } from '../../workflows/tasks/calendar.js';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);

describe('36. working time', () => {
  const made = at('2026-01-01T00:00Z');
  const berlin = calendar({ timeZone: 'Europe/Berlin', holidays: ['2026-12-25'] }, new Date(made));
  const later = (from: string, hours: number) => iso(addWorkingTime(berlin, at(from), hours * HOUR));

  it('goes on the next morning when the day is over, and on Monday after a Friday', () => {
    assert.equal(later('2026-11-24T14:00Z', 1), '2026-11-24T15:00');
    assert.equal(later('2026-11-24T15:00Z', 2), '2026-11-25T09:00');
    assert.equal(later('2026-11-27T15:30Z', 1), '2026-11-30T08:30');
    assert.equal(later('2026-11-28T12:00Z', 1), '2026-11-30T09:00');
  });

  it('comes to an end where it was made by hand and never opens', () => {
    for (const span of [
      ['09:00', '09:00'],
      ['17:00', '09:00'],
      ['nine', 'five'],
    ] as const) {
      const never = { hours: { 1: [span] }, offsets: [] };
      assert.equal(addWorkingTime(never, made, HOUR), made + HOUR);
      assert.equal(workingTimeBetween(never, made, made + 400 * 24 * HOUR), 0);
    }
  });

  it('is shut on holidays', () => {
    assert.equal(later('2026-12-24T15:30Z', 1), '2026-12-28T08:30');
  });

  it('follows the clock on the wall through summer time', () => {
    // On Friday 9 o'clock is 08:00 UTC, on the Monday after the last Sunday in March it is 07:00.
    assert.equal(later('2026-03-27T15:30Z', 1), '2026-03-30T07:30');
    assert.equal(later('2026-10-23T14:30Z', 1), '2026-10-26T08:30');
  });

  it('P0D: no time at all is now, even on a holiday', () => {
    assert.equal(later('2026-12-25T12:00Z', 0), '2026-12-25T12:00');
  });

  it('counts a night shift over the hour that is left out and the one that comes twice', () => {
    const night = calendar(
      { timeZone: 'Europe/Berlin', hours: { 0: [['00:00', '06:00']] } },
      new Date('2026-01-01T00:00Z'),
    );
    const spring = workingTimeBetween(night, at('2026-03-28T20:00Z'), at('2026-03-29T20:00Z'));
    const autumn = workingTimeBetween(night, at('2026-10-24T20:00Z'), at('2026-10-25T20:00Z'));
    assert.deepEqual([spring / HOUR, autumn / HOUR], [5, 7]);
  });

  it('knows zones that are not a whole hour off, and what a day is', () => {
    const kolkata = calendar({ timeZone: 'Asia/Kolkata' }, new Date('2026-01-01T00:00Z'));
    assert.equal(iso(addWorkingTime(kolkata, at('2026-11-24T00:00Z'), HOUR)), '2026-11-24T04:30');
    assert.equal(workingDay(kolkata) / HOUR, 8);
  });

  it('adds up: what is added is what lies between, and more time never ends earlier', () => {
    const times = fc.tuple(fc.integer({ min: 0, max: 200 * 24 * 60 }), fc.integer({ min: 1, max: 30_000 }));
    fc.assert(
      fc.property(times, ([start, minutes]) => {
        const from = made + start * 60_000;
        const end = addWorkingTime(berlin, from, minutes * 60_000);
        assert.equal(workingTimeBetween(berlin, from, end), minutes * 60_000);
        assert.ok(addWorkingTime(berlin, from, (minutes + 1) * 60_000) > end);
      }),
      { numRuns: 300 },
    );
  });

  it('that never comes does not keep a deadline from coming', () => {
    const never = { hours: {}, offsets: [{ from: '2026-01-01T00:00:00.000Z', minutes: 0 }] };
    assert.equal(addWorkingTime(never, made, HOUR), made + HOUR);
  });

  it('says what is wrong with working hours', () => {
    assert.throws(() => calendar({ timeZone: 'Mars/Olympus' }), /timeZone: must be an IANA time zone/);
    assert.throws(() => calendar({ timeZone: 'UTC', holidays: ['25.12.'] }), /holidays.0: must be a date/);
    assert.throws(() => calendar({ timeZone: 'UTC', hours: { 1: [['17:00', '09:00']] } }), /must end after it begins/);
  });
});
