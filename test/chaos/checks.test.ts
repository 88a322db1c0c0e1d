import assert from 'node:assert/strict';
import type { StoredTask } from '../../sandbox/task-shape.js';
import type { AuditEntry, StepState } from '../../workflows/tasks/contract.js';
import { violations, type Aftermath } from './checks.js';
import { placeOf, uidOf, type Happening } from './record.js';

const AT = '2026-03-01T09:00:00.000Z';

/** A small claim that a person reviewed and the provider paid, with nothing wrong. */
function aftermath(): Aftermath {
  const after: Aftermath = {
    record: { tasks: new Map(), payments: [], reservations: [] },
    claims: [
      {
        planned: {
          claim: { id: 'a', total: { amount: 100, currency: 'USD' } },
          lifecycle: 'task-per-step',
          startMs: 0,
          verbs: [],
        },
        result: { claimId: 'a', outcome: 'paid', rounds: 1, tasks: [] },
        state: { steps: [], audit: [], outcome: 'paid' },
      },
    ],
    asked: [{ claimId: 'a', verb: 'complete', by: 'b-1', reason: 'because', answer: 'accepted', step: 'data_entry' }],
    running: [],
    requests: { maxIn60s: 60, limit: 60 },
  };
  ended(after, { step: 'data_entry', source: 'backend', by: 'b-1' }, [
    ['api', 'TODO'],
    ['api', 'DONE'],
  ]);
  ended(after, { step: 'review', source: 'person', by: 'u-ada', decision: 'approve' }, [
    ['api', 'TODO'],
    ['ada@x.org', 'DONE'],
  ]);
  ended(after, { step: 'payment', source: 'engine', decision: 'done' }, [
    ['api', 'STARTED'],
    ['api', 'DONE'],
  ]);
  const money = { claim_id: 'a', amount: 100, currency: 'USD', created_at: AT };
  after.record.payments.push({ ...money, id: 'p1', reservation_id: 'r1', status: 'paid' });
  after.record.reservations.push({ ...money, id: 'r1', status: 'captured' });
  after.claims[0]!.state!.audit.push({ at: AT, what: 'done', source: 'backend', by: 'b-1', why: 'because' });
  return after;
}

function ended(after: Aftermath, step: Partial<StepState> & { step: string }, by: [string, string][]): void {
  const uid = uidOf(`claim#a#${step.step}#1`);
  const happenings = by.map(([who, status], at) => happening(uid, step, who, status, at === 0 ? 'created' : 'updated'));
  after.record.tasks.set(uid, { uid, claimId: 'a', happenings });
  after.claims[0]!.state!.steps.push({ round: 1, status: 'done', since: AT, uid, ...step });
}

function happening(
  uid: string,
  { step, decision, by }: { step: string; decision?: string; by?: string },
  who: string,
  status: string,
  what: 'created' | 'updated' | 'commented',
): Happening {
  const task = {
    uid,
    status,
    form_data: { decision },
    assignee_uid: by,
    fields: { step, round: 1 },
  } as unknown as StoredTask;
  const event = { at: AT, by: who, what, changes: [], status, step, assignee: null };
  return { event, place: placeOf(step, 1), ...(what === 'commented' ? {} : { task }) };
}

describe('what chaos checks', () => {
  const taskOf = (after: Aftermath, step: string) => after.record.tasks.get(uidOf(`claim#a#${step}#1`))!;
  const only = (after: Aftermath) => after.claims[0]!;

  it('finds nothing wrong where nothing is', () => {
    assert.deepEqual(violations(aftermath()), []);
  });

  it('lets a task be handed back with a word of why', () => {
    const after = aftermath();
    const { uid, happenings } = taskOf(after, 'review');
    for (const [who, status, what] of [
      ['api', 'TODO', 'updated'],
      ['api', 'TODO', 'commented'],
      ['ada@x.org', 'DONE', 'updated'],
    ] as const) {
      happenings.push(happening(uid, { step: 'review', decision: 'approve', by: 'u-ada' }, who, status, what));
    }
    assert.deepEqual(violations(after), []);
  });

  const wrong: Record<string, [(after: Aftermath) => void, RegExp]> = {
    'a claim that did not end': [(a) => Object.assign(only(a), { result: undefined, problem: 'hangs' }), /hangs/],
    'a step that was left open': [
      (a) => void (only(a).state!.steps[1]!.status = 'waiting'),
      /review 1 .* was left waiting/,
    ],
    'a step out of its turn': [
      (a) => void only(a).state!.steps.splice(1, 1),
      /lead to nothing: payment 1 came where review 1 was due/,
    ],
    'an end before the last step': [(a) => void only(a).state!.steps.pop(), /lead to nothing: payment 1 is missing/],
    'a decision that nobody made': [
      (a) => void (only(a).state!.steps[1]!.by = 'u-bob'),
      /review 1 .* which nobody did/,
    ],
    'an outcome against the decisions': [
      (a) => {
        only(a).state!.steps[1]!.decision = 'reject';
        taskOf(a, 'review').happenings[1]!.task!.form_data = { decision: 'reject' };
      },
      /was paid, but its decisions lead to rejected/,
    ],
    'a withdrawal that was promised and not kept': [
      (a) => {
        a.asked.push({ claimId: 'a', verb: 'withdraw', by: 'b-2', reason: 'moved', answer: 'accepted' });
        const entry: AuditEntry = { at: AT, what: 'withdraw', source: 'operator', by: 'b-2', why: 'moved' };
        only(a).state!.audit.push(entry);
      },
      /was paid, after a withdrawal was accepted/,
    ],
    'a withdrawal that nobody asked for': [
      (a) => void (only(a).result!.outcome = 'withdrawn'),
      /was withdrawn, which nobody asked for/,
    ],
    'a second payment': [(a) => void a.record.payments.push({ ...a.record.payments[0]!, id: 'p2' }), /2 payments/],
    'a payment of another amount': [(a) => void (a.record.payments[0]!.amount = 99), /payment p1 is 99 USD/],
    'a claim paid by word alone': [(a) => void a.record.payments.pop(), /paid with 0 payments/],
    'a payment for a claim that was not paid': [
      (a) => {
        a.record.payments[0]!.status = 'paid';
        only(a).state!.steps[2]!.status = 'skipped';
        only(a).state!.steps[2]!.source = 'operator';
        only(a).state!.steps[2]!.by = 'b-3';
        only(a).result!.outcome = 'failed';
        a.asked.push({ claimId: 'a', verb: 'skip', by: 'b-3', reason: 'no', answer: 'unknown' });
      },
      /ended failed by hand with 1 payments standing/,
    ],
    'a reservation that is still held': [(a) => void (a.record.reservations[0]!.status = 'reserved'), /still held/],
    'a task left open': [
      (a) => {
        const { uid, happenings } = taskOf(a, 'review');
        happenings.push(happening(uid, { step: 'review' }, 'ada@x.org', 'TODO', 'updated'));
      },
      /ended, but task .* is TODO/,
    ],
    'a task under another uid': [
      (a) => {
        const task = taskOf(a, 'review');
        a.record.tasks.set('other', { ...task, uid: 'other' });
      },
      /task other for review 1 is not the task of claim#a#review#1/,
    ],
    'a task that was created twice': [
      (a) => {
        const { happenings } = taskOf(a, 'review');
        happenings.unshift(happenings[0]!);
      },
      /task .* was created 2 times/,
    ],
    'a task that its process does not know': [
      (a) => void delete only(a).state!.steps[1]!.uid,
      /task .* \(review 1\) is not known to its process/,
    ],
    'a task of no claim': [
      (a) => void (taskOf(a, 'review').claimId = 'b'),
      /task .* is of a claim that was never started \(b\)/,
    ],
    'a status that our side took back': [
      (a) => {
        const { uid, happenings } = taskOf(a, 'review');
        happenings.push(happening(uid, { step: 'review' }, 'api', 'TODO', 'updated'));
        happenings.push(happening(uid, { step: 'review' }, 'ada@x.org', 'DONE', 'updated'));
      },
      /went from DONE to TODO without a word/,
    ],
    'a verb that is missing in the audit trail': [
      (a) => void a.asked.push({ claimId: 'a', verb: 'retry', by: 'o-1', reason: 'mended', answer: 'accepted' }),
      /retry by o-1 .* is not in the audit trail/,
    ],
    'a verb that is in it twice': [
      (a) => void only(a).state!.audit.push(only(a).state!.audit[0]!),
      /in the audit trail 2 times/,
    ],
    'a verb without its why': [(a) => void delete only(a).state!.audit[0]!.why, /without its when or why/],
    'a process that nobody will wake': [(a) => void a.running.push('claim-x'), /nobody will wake it: claim-x/],
    'one request too many': [(a) => void (a.requests.maxIn60s = 61), /asked 61 times within 60 s/],
  };
  for (const [what, [breaks, message]] of Object.entries(wrong)) {
    it(`finds ${what}`, () => {
      const after = aftermath();
      breaks(after);
      const found = violations(after);
      assert.ok(
        found.some((each) => message.test(each)),
        `not found; instead: ${found.join('\n') || 'nothing'}`,
      );
    });
  }
});
