import assert from 'node:assert/strict';
import { calendar } from '../../client/working-hours.js';
import type { ClaimPolicy } from '../../workflows/claim/contract.js';
import { workingTimeBetween } from '../../workflows/tasks/calendar.js';
import type { ChangeDue, ProcessState } from '../../workflows/tasks/contract.js';
import { HOUR, deadlines, spokeUp } from './deadline-policy.js';
import { setTimeSkippingStage, type ClaimOnStage, type TimeSkippingStage } from '../time-skipping-stage.js';

describe('a due date that moves', function () {
  this.timeout(60_000);
  let stage: TimeSkippingStage;
  before(async () => {
    stage = await setTimeSkippingStage();
  });
  after(() => stage?.stop());

  const hoursAfterStart = async (claim: ClaimOnStage, hours: number) =>
    new Date(Date.parse(String((await claim.step())?.since)) + hours * HOUR).toISOString();
  const changeDue = (claim: ClaimOnStage, verb: Partial<ChangeDue>): Promise<ProcessState> =>
    claim.handle.executeUpdate('changeDue', {
      args: [{ reason: 'the clinic asked', by: 'ops', ...verb } as ChangeDue],
    });
  const start = async (id: string, policy: Partial<ClaimPolicy> = {}) => {
    const claim = await stage.startClaim(id, { policy: { deadlines, ...policy } });
    const { uid } = await claim.at('data_entry');
    return { claim, uid: String(uid) };
  };

  it('35: later: reminder, due date and escalation move, in Fragment too, and it is in the audit trail', async () => {
    const { claim, uid } = await start('later');
    const due = await hoursAfterStart(claim, 72);
    await changeDue(claim, { due });
    assert.equal(stage.fragment.get(uid).due_at, due);
    await stage.skip('5 days');
    const state = await claim.state();
    assert.deepEqual(spokeUp(state), [
      ['remind', 68],
      ['overdue', 72],
      ['escalate', 96],
    ]);
    const entry = state.audit.find(({ what }) => what === `due date moved to ${due}`);
    assert.deepEqual([entry?.source, entry?.by, entry?.why], ['operator', 'ops', 'the clinic asked']);
  });

  it('35: earlier: no reminder that would have come before now; asked for twice, it is moved once', async () => {
    const { claim } = await start('earlier');
    const due = await hoursAfterStart(claim, 3);
    await changeDue(claim, { due });
    const { audit } = await changeDue(claim, { due });
    assert.equal(audit.filter(({ what }) => what.startsWith('due date moved')).length, 1);
    await stage.skip('2 days');
    assert.deepEqual(spokeUp(await claim.state()), [
      ['overdue', 3],
      ['escalate', 27],
    ]);
  });

  it('35: of a step that is overdue: it waits again, and nobody is asked any more', async () => {
    const { claim } = await start('overdue');
    await stage.skip('50 hours');
    assert.match(String((await claim.state()).needsAttention), /overdue/);
    const state = await changeDue(claim, { due: await hoursAfterStart(claim, 100) });
    assert.deepEqual([state.steps[0]?.status, state.needsAttention], ['waiting', undefined]);
    await stage.skip('51 hours');
    assert.deepEqual(spokeUp(await claim.state()).slice(3), [
      ['remind', 96],
      ['overdue', 100],
    ]);
  });

  it('35: by a person in Fragment: theirs counts; what Fragment rounds off is no change', async () => {
    const { claim, uid } = await start('in-fragment');
    const rounded = await start('rounded');
    const { due_at: written } = stage.fragment.get(rounded.uid);
    stage.fragment.change(rounded.uid, { due_at: String(written).replace(/\.\d+Z$/, 'Z') });
    const due = await hoursAfterStart(claim, 48);
    stage.fragment.change(uid, { due_at: due });
    await stage.skip('4 days');
    const state = await claim.state();
    assert.deepEqual(spokeUp(state), [
      ['remind', 44],
      ['overdue', 48],
      ['escalate', 72],
    ]);
    assert.equal(state.audit.find(({ what }) => what === `due date moved to ${due}`)?.source, 'person');
    const untouched = await rounded.claim.state();
    assert.deepEqual(spokeUp(untouched)[0], ['remind', 20]);
    assert.ok(!untouched.audit.some(({ what }) => what.startsWith('due date')));
  });

  it('of a task that an outage kept from being opened is as late in Fragment as the process counts', async () => {
    let away = true;
    const back = stage.fragment.beforeEach(({ activity, input }) => {
      if (away && activity === 'openTask' && JSON.stringify(input).includes('outage')) throw new Error('no answer');
    });
    const claim = await stage.startClaim('outage', { policy: { deadlines } });
    await stage.skip('5 hours');
    away = false;
    await stage.skip('2 minutes');
    const { uid, due, since } = await claim.at('data_entry');
    assert.equal(Date.parse(String(due)) - Date.parse(since), 24 * HOUR);
    await claim.until('it is due as late in Fragment', () => stage.fragment.get(String(uid)).due_at === due);
    back();
  });

  it('35: has to be an instant in the future, with a reason, of a step that waits', async () => {
    const { claim } = await start('refused');
    const due = await hoursAfterStart(claim, 48);
    const refusals: [Partial<ChangeDue>, RegExp][] = [
      [{ due: 'tomorrow' }, /has to be an instant/],
      [{ due: '2099-01-01T10:00:00' }, /has to be an instant/],
      [{ due: '2001-01-01T10:00:00Z' }, /not in the future/],
      [{ due, reason: ' ' }, /reason is missing/],
    ];
    for (const [verb, message] of refusals) {
      await assert.rejects(changeDue(claim, verb), (error: Error) => message.test(String(error.cause)));
    }
    await claim.handle.executeUpdate('pause', { args: [{ reason: 'later' }] });
    await assert.rejects(changeDue(claim, { due }), (error: Error) => /is paused/.test(String(error.cause)));
  });

  it('36: with a calendar, a due date outside working hours is kept, and the reminder comes in them', async () => {
    const office = calendar({ timeZone: 'Europe/Berlin' }, new Date(Date.now() - 365 * 24 * HOUR));
    const { claim } = await start('calendar', { calendar: office });
    const began = Date.parse(String((await claim.step())?.since));
    const saturday = new Date(began + ((13 - new Date(began).getUTCDay()) % 7 || 7) * 24 * HOUR);
    saturday.setUTCHours(12, 0, 0, 0);
    // Not the next one where Friday at 13:00 in Berlin, when the reminder comes, may be past.
    if (saturday.getTime() < began + 26 * HOUR) saturday.setUTCDate(saturday.getUTCDate() + 7);
    await changeDue(claim, { due: saturday.toISOString() });
    await stage.skip('16 days');
    const { audit } = await claim.state();
    const at = (kind: string) => Date.parse(String(audit.find(({ what }) => what === kind)?.at));
    assert.equal(Math.round((at('overdue') - saturday.getTime()) / HOUR), 0);
    // Four working hours before the end of Friday.
    assert.deepEqual(berlin(at('remind')), 'Fri 13');
  });

  it('38: with a calendar, a pause stops the clock, and it goes on with the working time that was left', async () => {
    const office = calendar({ timeZone: 'Europe/Berlin' }, new Date(Date.now() - 365 * 24 * HOUR));
    const { claim } = await start('paused', { calendar: office, deadlines });
    const steer = (verb: 'pause' | 'resume') => claim.handle.executeUpdate(verb, { args: [{ reason: 'an audit' }] });
    const due = String((await claim.step())?.due);
    await steer('pause');
    await stage.skip('7 days');
    assert.deepEqual(spokeUp(await claim.state()), []);
    await steer('resume');
    const later = String((await claim.step())?.due);
    await stage.skip('12 days');
    const { audit } = await claim.state();
    const at = (kind: string) => String(audit.find(({ what }) => what === kind)?.at);
    // Not by the clock on the wall, which may have changed to or from summer time in the pause.
    const left = (from: string, to: string) => workingTimeBetween(office, Date.parse(from), Date.parse(to)) / HOUR;
    assert.ok(left(at('paused'), due) > 7);
    assert.ok(Math.abs(left(at('resumed'), later) - left(at('paused'), due)) < 0.01);
    assert.equal(Math.round((Date.parse(at('overdue')) - Date.parse(later)) / HOUR), 0);
  });

  it('38: of a task that a machine handed over is later by a pause, not by the time that the machine has tried', async () => {
    const id = 'handed-over';
    stage.payments.silent.set(id, 'reserve');
    const { claim } = await start(id);
    await claim.finish('data_entry');
    await claim.at('review');
    await claim.finish('review', { decision: 'approve' });
    await claim.at('payment', { status: 'working' });
    await stage.skip('5 hours');
    const { due } = await claim.at('payment', { status: 'working' });
    stage.payments.refuseReservation.add(id);
    await stage.skip('1 hour');
    await claim.at('payment', { status: 'parked' });
    const steer = (verb: 'pause' | 'resume') => claim.handle.executeUpdate(verb, { args: [{ reason: 'an audit' }] });
    await steer('pause');
    await stage.skip('2 hours');
    await steer('resume');
    const { audit } = await claim.state();
    const at = (kind: string) => Date.parse(String(audit.find(({ what }) => what === kind)?.at));
    const later = Date.parse(String((await claim.step())?.due)) - Date.parse(String(due));
    assert.equal(later, at('resumed') - at('paused'));
  });

  it('37: over the change of summer time, a working day is over at the same hour on the wall', async () => {
    const office = calendar({ timeZone: 'Europe/Berlin' });
    const clock = await start('clock');
    const now = Date.parse(String((await clock.claim.step())?.since));
    // Clocks change on a Sunday, at 01:00 UTC; 36 hours before, it is Friday afternoon in Berlin.
    const next = office.offsets.findIndex(({ from }) => Date.parse(from) > now + 36 * HOUR);
    const [before, after] = office.offsets.slice(next - 1, next + 1);
    await stage.skip(Date.parse(after!.from) - 36 * HOUR - now);
    const { claim, uid } = await start('summer-time', { calendar: office });
    const began = Date.parse(String((await claim.step())?.since));
    const due = Date.parse(String(stage.fragment.get(uid).due_at));
    const shorter = after!.minutes - before!.minutes;
    assert.equal(Math.abs(shorter), 60);
    assert.equal(Math.round((due - began) / 60_000), 72 * 60 - shorter);
    assert.equal(berlin(due), berlin(began).replace('Fri', 'Mon'));
    await stage.skip('4 days');
    const { audit } = await claim.state();
    const at = (kind: string) => Date.parse(String(audit.find(({ what }) => what === kind)?.at));
    assert.equal(Math.round((at('overdue') - due) / 60_000), 0);
    assert.equal(Math.round((due - at('remind')) / HOUR), 4);
  });
});

function berlin(at: number): string {
  const options = { timeZone: 'Europe/Berlin', weekday: 'short', hour: '2-digit', hour12: false } as const;
  return new Intl.DateTimeFormat('en-GB', options).format(at).replace(',', '');
}
