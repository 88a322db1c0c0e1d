import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { DEFAULT_POLICY } from '../../workflows/claim/contract.js';
import { formatMoney } from '../../workflows/claim/money.js';
import {
  accountSchema,
  claimSchema,
  completeStepSchema,
  parseAnswer,
  policySchema,
} from '../../workflows/claim/schema.js';
import { onboardingSchema } from '../../workflows/onboarding/schema.js';

const CHOOSE = 'Choose a decision: approve, reject or request_info.';

describe('parseAnswer', () => {
  it('takes a decision and a note, trimmed, and ignores other keys', () => {
    const form = { decision: ' approve ', note: '  fine ', reference: 'x', mood: 7 };
    assert.deepEqual(parseAnswer('review', form), { answer: { decision: 'approve', note: 'fine' } });
    assert.deepEqual(parseAnswer('approval', { decision: 'request_info' }), { answer: { decision: 'request_info' } });
  });

  it('needs a decision for review and approval, and says which there are', () => {
    for (const form of [
      null,
      undefined,
      {},
      { decision: null },
      { decision: '' },
      { decision: 'yes' },
      { decision: 1 },
    ]) {
      assert.deepEqual(parseAnswer('review', form), { problem: CHOOSE });
    }
  });

  it('needs nothing for data entry and payment, and counts null as absent', () => {
    assert.deepEqual(parseAnswer('data_entry', null), { answer: {} });
    assert.deepEqual(parseAnswer('data_entry', { corrections: null, note: null }), { answer: {} });
    assert.deepEqual(parseAnswer('data_entry', { corrections: { type: 'oral' } }), {
      answer: { corrections: { type: 'oral' } },
    });
    assert.deepEqual(parseAnswer('payment', { reference: ' R-1 ', note: ' ' }), { answer: { reference: 'R-1' } });
  });

  it('says in plain words what is wrong with a form', () => {
    assert.match(JSON.stringify(parseAnswer('payment', 'R-1')), /form has to be an object/);
    assert.match(JSON.stringify(parseAnswer('payment', ['R-1'])), /form has to be an object/);
    assert.deepEqual(parseAnswer('payment', { reference: 7 }), { problem: 'The reference has to be text.' });
    assert.match(JSON.stringify(parseAnswer('data_entry', { corrections: [] })), /corrections have to be an object/);
    assert.match(JSON.stringify(parseAnswer('data_entry', { corrections: { x: 'y'.repeat(10_000) } })), /too long/);
    assert.deepEqual(parseAnswer('review', { note: 7 }), { problem: `${CHOOSE} The note has to be text.` });
  });

  it('cuts a long note between characters rather than refusing the decision', () => {
    const parsed = parseAnswer('review', { decision: 'reject', note: `${'x'.repeat(1_999)}😀` });
    assert.deepEqual(parsed, { answer: { decision: 'reject', note: 'x'.repeat(1_999) } });
  });

  it('knows the steps of a claim and no other', () => {
    for (const step of ['toString', '__proto__', 'audit'])
      assert.match(JSON.stringify(parseAnswer(step, {})), /has no step/);
  });
});

describe('the schemas at the edges', () => {
  const ok = { id: 'c', total: { amount: 1, currency: 'USD' } };

  it('take a claim strictly', () => {
    assert.deepEqual(claimSchema.parse(ok), ok);
    const wrong = [
      { ...ok, id: '' },
      { ...ok, id: 'x'.repeat(201) },
      { ...ok, id: 'a\u0000' },
      { ...ok, total: { amount: 0, currency: 'USD' } },
      { ...ok, total: { amount: 1.5, currency: 'USD' } },
      { ...ok, total: { amount: '1', currency: 'USD' } },
      { ...ok, url: 'javascript:alert(1)' },
      { ...ok, patientName: 'x' },
    ];
    for (const claim of wrong) assert.equal(claimSchema.safeParse(claim).success, false, JSON.stringify(claim));
  });

  it('take the default policy, and no duration that Temporal would not understand', () => {
    assert.deepEqual(policySchema.parse(DEFAULT_POLICY), DEFAULT_POLICY);
    const review = { due: 'garbage' };
    const deadlines = { ...DEFAULT_POLICY.deadlines, review };
    assert.equal(policySchema.safeParse({ ...DEFAULT_POLICY, deadlines }).success, false);
  });

  it('take an e-mail address alone for whom an overdue task goes to', () => {
    const takes = (escalateTo: string) => {
      const review = { due: '2 days', escalateAfter: '1 day', escalateTo };
      return policySchema.safeParse({ ...DEFAULT_POLICY, deadlines: { ...DEFAULT_POLICY.deadlines, review } }).success;
    };
    assert.deepEqual([takes('lead@example.com'), takes('the lead')], [true, false]);
  });

  it('take a calendar as it is made, and none that is never open', () => {
    const calendar = {
      hours: { 1: [['09:00', '17:00']] },
      offsets: [{ from: '2026-01-01T00:00:00.000Z', minutes: 60 }],
    };
    const takes = (hours: object) =>
      policySchema.safeParse({ ...DEFAULT_POLICY, calendar: { ...calendar, hours } }).success;
    assert.ok(takes(calendar.hours));
    for (const span of [['09:00', '09:00'], ['17:00', '09:00'], ['nine', 'five'], ['09:00']]) {
      assert.ok(!takes({ 1: [span] }), span.join());
    }
  });

  it('take no account by a name that its queues could not have', () => {
    for (const name of ['lease', 'lease-2', 'default', 'Claims', 'a--b', '']) {
      assert.ok(!accountSchema.safeParse(name).success, name);
    }
    assert.ok(accountSchema.safeParse('claims-eu').success);
  });

  it("hold a backend's completion to the rules of a person's", () => {
    const done = { step: 'review', decision: 'approve', by: 'ann' };
    assert.deepEqual(completeStepSchema.parse(done), done);
    assert.equal(completeStepSchema.safeParse({ step: 'approval' }).success, false);
  });

  it('take the example onboardings, and none that uses the process own field names', () => {
    const problemsOf = (given: unknown) =>
      onboardingSchema(given)
        .safeParse(given)
        .error?.issues.map((i) => i.message);
    for (const name of ['onboarding', 'onboarding-tasks']) {
      const text = readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), 'utf8');
      assert.equal(problemsOf(JSON.parse(text)), undefined);
    }
    const own = { workflow_id: 'x' };
    assert.match(String(problemsOf({ userId: 'u', fields: own })), /names that the process writes itself/);
    const tasks = [{ key: 'a', title: 'A', fields: own }];
    assert.match(String(problemsOf({ userId: 'u', tasks })), /names that the process writes itself/);
    assert.match(String(problemsOf({ userId: 'u', tasks: [{ key: 'a#b', title: 'A' }] })), /#/);
    assert.match(String(problemsOf({ userId: 'u', tasks, fields: {} })), /fields/);
  });
});

describe('formatMoney', () => {
  it('puts the point where the currency has it', () => {
    const golden = {
      '910.54 USD': [91_054, 'USD'],
      '0.07 EUR': [7, 'EUR'],
      '500 JPY': [500, 'JPY'],
      '1.234 KWD': [1_234, 'KWD'],
    };
    for (const [text, [amount, currency]] of Object.entries(golden)) {
      assert.equal(formatMoney({ amount: Number(amount), currency: String(currency) }), text);
    }
  });
});
