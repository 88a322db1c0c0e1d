import type { Sandbox } from '../../sandbox/server.js';
import { uid } from './harness.js';

const PEOPLE = [
  'ada.okafor@example.com',
  'ben.lindqvist@example.com',
  'chiara.russo@example.com',
  'dev.patel@example.com',
];
const STEPS = ['data_entry', 'review', 'approval', 'payment'];
const TITLES = ['Enter data of', 'Review', 'Approve', 'Pay'];
const TYPES = ['professional', 'pharmacy', 'institutional', 'vision'];
const HOUR = 3_600_000;

/** A claim's approval, with its review and its data entry done before it. */
export const SHOWN_TASK = uid(4);

/** An ordinary afternoon: some sixty tasks, a few of them late, one claim half-way. */
export function setScene({ tasks }: Sandbox): void {
  const now = tasks.now();
  for (let n = 10; n < 66; n++) {
    const step = n % 4;
    const amount = `${(n * 137.31).toFixed(2)} USD`;
    const by = PEOPLE[n % 4]!;
    const fields = {
      ...claim(`C-${2_000 + n}`, amount, n),
      title: `${TITLES[step]} claim C-${2_000 + n} (${amount})`,
      step: STEPS[step],
      round: 1,
    };
    const due = new Date(now + ((n * 7) % 50) * HOUR - 4.5 * HOUR).toISOString();
    tasks.apply('PUT', { uid: uid(n), fields, due_at: due });
    if (n % 3 === 0) tasks.apply('PATCH', { uid: uid(n), status: 'STARTED', assignee_email: by }, by);
    if (n % 5 === 0) tasks.apply('PATCH', { uid: uid(n), status: 'DONE', assignee_email: by, form_data: {} }, by);
  }
  tasks.apply('PUT', {
    uid: uid(1),
    fields: { title: 'Onboard the Example Clinic', process: 'onboarding', plan: 'group', seats: 12 },
  });

  const steps = [
    [uid(2), 0, PEOPLE[2]!, {}],
    [uid(3), 1, PEOPLE[1]!, { decision: 'approve', note: 'Documents are complete.' }],
    [SHOWN_TASK, 2, PEOPLE[0]!, undefined],
  ] as const;
  for (const [id, step, by, answer] of steps) {
    const fields = {
      ...claim('C-1003', '4820.00 USD', 2),
      title: `${TITLES[step]} claim C-1003 (4820.00 USD)`,
      step: STEPS[step],
      round: 1,
    };
    tasks.apply('PUT', { uid: id, fields, due_at: new Date(now + 47.5 * HOUR).toISOString() });
    tasks.apply('PATCH', { uid: id, status: 'STARTED', assignee_email: by }, by);
    if (answer) tasks.apply('PATCH', { uid: id, status: 'DONE', form_data: answer }, by);
  }
  tasks.comment(SHOWN_TASK, "Above the reviewer's limit: a second person approves.", PEOPLE[1]);
}

const claim = (id: string, total: string, n: number): Record<string, unknown> => ({
  process: 'claim',
  claim_id: id,
  total,
  type: TYPES[n % 4],
  provider: `provider-${100 + n}`,
  url: `https://claims.example/${id}`,
  workflow_id: `claim-${id}`,
});
