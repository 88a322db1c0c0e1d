import assert from 'node:assert/strict';
import type { FeedStatus } from '../../workflows/account/contract.js';
import { feedDetails } from '../../workflows/account/feed-details.js';
import type { ProcessState, StepState } from '../../workflows/tasks/contract.js';
import { details } from '../../workflows/tasks/details.js';
import { offers } from '../../workflows/tasks/offers.js';

const step = (more: Partial<StepState> = {}): StepState => ({
  step: 'review',
  round: 1,
  status: 'waiting',
  uid: '0b3eafb8-8028-30e1-2444-88d1f4a9a851',
  since: '2026-03-02T09:30:12.000Z',
  due: '2026-03-04T09:30:12.000Z',
  ...more,
});
const state = (more: Partial<ProcessState> = {}): ProcessState => ({
  step: 'review',
  steps: [step()],
  audit: [],
  ...more,
});
const FEED: FeedStatus = {
  way: 'list',
  rounds: 4,
  awaited: 12,
  delivered: 3,
  unknownHints: 0,
  requestsLastRound: 1,
  requestsPerMinute: 60,
  intervalMs: 3_000,
  expectedDelayMs: 15_000,
};
const headline = (given: ProcessState): string => details(given).split('\n')[0] ?? '';
const verbs = (lines: string[]): string[] => lines.map((line) => /\*\*(\w+)\*\*/.exec(line)?.[1] ?? line);

describe('current details', () => {
  it('begin with where the process stands', () => {
    const stands: [Partial<ProcessState>, RegExp][] = [
      [{}, /Waiting for people: review$/],
      [{ steps: [step({ round: 2 })] }, /review, round 2$/],
      [{ steps: [step({ status: 'overdue' })] }, /Overdue.*review$/],
      [{ steps: [step({ status: 'working' })] }, /A machine is at work: review$/],
      [{ needsAttention: 'review: refused' }, /Needs attention at review$/],
      [{ paused: 'audit' }, /Paused at review$/],
      [{ withdrawing: 'sent twice' }, /Being withdrawn at review$/],
      [{ outcome: 'paid' }, /Ended: paid$/],
      [{ steps: [] }, /Starting$/],
    ];
    for (const [given, words] of stands) assert.match(headline(state(given)), words);
  });

  it('offer the verbs that would be taken, and no others', () => {
    const waiting = { state: step(), decisions: ['approve'], skippable: false };
    assert.deepEqual(verbs(offers(state(), waiting)), ['completeStep', 'reassign', 'changeDue', 'pause', 'withdraw']);
    assert.deepEqual(verbs(offers(state(), undefined)), ['pause', 'withdraw']);
    assert.deepEqual(verbs(offers(state({ paused: 'audit' }), waiting)), ['resume', 'withdraw']);
    const parked = step({ status: 'parked', uid: undefined });
    const attention = state({ needsAttention: 'refused' });
    const person = { state: parked, decisions: [], skippable: true };
    assert.deepEqual(verbs(offers(attention, person)), ['retryStep', 'completeStep', 'skipStep', 'pause', 'withdraw']);
    const compensation = { state: parked, skippable: true };
    assert.deepEqual(verbs(offers(attention, compensation)), ['retryStep', 'skipStep']);
    assert.deepEqual(offers(state({ outcome: 'paid' }), undefined), []);
  });

  it('show text of people as text', () => {
    const shown = details(state({ needsAttention: '![x](http://evil.example/a.png) | <b>b</b>\n# c' }));
    assert.ok(shown.includes(String.raw`\!\[x\]\(http://evil.example/a.png\) \| \<b\>b\</b\> \# c`), shown);
  });

  it('of the feed begin with the way it reads by, and say why it is no better one', () => {
    const feed = (more: Partial<FeedStatus>) => feedDetails({ ...FEED, ...more }, Date.parse('2026-03-02T09:30:12Z'));
    const better = feed({});
    assert.match(better, /^## Reads the list of what changed \(list\)\n\nLast round \*\*2026-03-02 09:30:12\*\*/);
    assert.match(better, /next 3 s later\nA completion is told to its process within 15 s/);
    assert.match(better, /\| tasks awaited, as counted\u2003 \| \*\*12\*\* \|/);
    const lesser = feed({ way: 'single', why: 'the list is not sorted', retryAt: '2026-03-02T09:40:00.000Z' });
    assert.match(lesser, /^## ⚠ .* one by one \(single\)\n\n.*the list is not sorted; tried again 2026-03-02 09:40:00/);
    assert.match(feed({ awaited: undefined }), /not counted yet/);
  });

  it('stay short enough for the address in which the Web UI sends them', () => {
    const long = 'a problem, told at length; '.repeat(99);
    const given = state({
      needsAttention: long,
      steps: Array.from({ length: 40 }, (_, round) => step({ round, problem: long, by: 'somebody@example.com' })),
      audit: Array.from(
        { length: 99 },
        () => ({ at: step().since, what: 'parked', source: 'engine', why: long }) as const,
      ),
    });
    const text = details(given, { taskUrl: 'https://app.example.com/queues/claims/tasks/{uid}' });
    assert.match(text, /the last 10 of 40/);
    assert.ok(encodeURIComponent(text).length < 8_000, `${encodeURIComponent(text).length}`);
  });
});
