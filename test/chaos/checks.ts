/** What must be true when all is over, whatever was done to the parts. Each answers sentences that name claim and task. */
import { DEFAULT_POLICY, type ClaimResult } from '../../workflows/claim/contract.js';
import type { AuditEntry, ProcessState, StepState } from '../../workflows/tasks/contract.js';
import type { AskedVerb } from './backend.js';
import type { PlannedClaim } from './plan.js';
import { placeOf, uidOf, type ChaosRecord, type Happening, type TaskRecord } from './record.js';

export interface EndedClaim {
  planned: PlannedClaim;
  /** Absent where the process did not end, or ended without a result; `problem` says how. */
  result?: ClaimResult;
  state?: ProcessState;
  problem?: string;
}

export interface Aftermath {
  record: ChaosRecord;
  claims: EndedClaim[];
  asked: AskedVerb[];
  /** Workflows that still run, beside the claims and the account's own. */
  running: string[];
  requests: { maxIn60s: number; limit: number };
}

export function violations(after: Aftermath): string[] {
  const byClaim = after.claims.flatMap((claim) =>
    [endedAtAll, endedAsDecided, paidOnce, nothingOpen, noDuplicates, auditComplete].flatMap((check) =>
      check(claim, after).map((what) => `claim ${claim.planned.claim.id} (${claim.planned.lifecycle}): ${what}`),
    ),
  );
  return [...byClaim, ...strayTasks(after), ...notBackwards(after), ...nothingWaits(after), ...withinLimit(after)];
}

function endedAtAll({ problem, result }: EndedClaim): string[] {
  return result ? [] : [problem ?? 'has no result'];
}

/** Each step was ended by somebody who did so, and the outcome is what their decisions lead to. */
function endedAsDecided({ planned, result, state }: EndedClaim, { record, asked }: Aftermath): string[] {
  if (!result || !state) return [];
  const { id, total } = planned.claim;
  const problems: string[] = [];
  for (const step of state.steps) {
    if (step.status === 'withdrawn') continue;
    const task = record.tasks.get(step.uid ?? '');
    const where = `${step.step} ${step.round} (task ${step.uid})`;
    if (step.status !== 'done' && step.status !== 'skipped') problems.push(`${where} was left ${step.status}`);
    else if (!evident(step, id, task, asked)) {
      problems.push(`${where} ended as ${step.decision ?? 'done'} by ${step.by} (${step.source}), which nobody did`);
    }
  }
  const withdrawals = asked.filter((each) => each.claimId === id && each.verb === 'withdraw');
  const promised = withdrawals.some(({ answer }) => answer === 'accepted');
  if (promised && result.outcome !== 'withdrawn')
    problems.push(`was ${result.outcome}, after a withdrawal was accepted`);
  if (result.outcome === 'withdrawn') {
    if (withdrawals.length === 0) problems.push('was withdrawn, which nobody asked for');
    return problems;
  }
  const due = outcomeOf(state.steps, total.amount);
  if (due !== result.outcome) problems.push(`was ${result.outcome}, but its decisions lead to ${due}`);
  return problems;
}

function evident(step: StepState, claimId: string, task: TaskRecord | undefined, asked: AskedVerb[]): boolean {
  const verbs = asked.filter((each) => each.claimId === claimId && each.by === step.by);
  switch (step.source) {
    case 'person':
      return (task?.happenings ?? []).some(
        (each) =>
          each.event.by !== 'api' &&
          each.task?.status === 'DONE' &&
          each.place === placeOf(step.step, step.round) &&
          each.task.assignee_uid === step.by &&
          (step.decision === undefined || each.task.form_data?.['decision'] === step.decision),
      );
    case 'backend':
      return verbs.some(
        ({ verb, step: named, decision }) => verb === 'complete' && named === step.step && decision === step.decision,
      );
    case 'operator':
      return verbs.some(({ verb }) => verb === 'skip');
    case 'engine':
      return step.step === 'payment';
    default:
      return false;
  }
}

/** The claim's rules once more, told by its steps in order. */
function outcomeOf(steps: readonly StepState[], amount: number): string {
  let due: string[] = ['data_entry 1'];
  let round = 1;
  for (const { step, round: at, status, decision } of steps) {
    if (!due.includes(placeOf(step, at))) return `nothing: ${step} ${at} came where ${due.join(' or ')} was due`;
    if (status !== 'done' && status !== 'skipped') return `nothing: ${step} ${at} is ${status}`;
    if (step === 'payment') return status === 'skipped' ? 'failed' : 'paid';
    if (step === 'data_entry') due = [`review ${round}`];
    else if (decision === 'reject') return 'rejected';
    else if (decision === 'request_info') due = [`data_entry ${(round += 1)}`];
    else if (step === 'review' && amount >= DEFAULT_POLICY.approvalFrom) due = [`approval ${round}`];
    else due = ['payment ' + round];
  }
  return `nothing: ${due.join(' or ')} is missing`;
}

function paidOnce({ planned, result, state }: EndedClaim, { record }: Aftermath): string[] {
  const { id, total } = planned.claim;
  const payments = record.payments.filter((payment) => payment.claim_id === id);
  const standing = payments.filter(({ status }) => status === 'paid');
  const problems: string[] = [];
  if (payments.length > 1) problems.push(`${payments.length} payments: ${payments.map((each) => each.id).join(', ')}`);
  for (const { id: payment, amount, currency } of payments) {
    if (amount !== total.amount || currency !== total.currency)
      problems.push(`payment ${payment} is ${amount} ${currency}`);
  }
  const byProvider = state?.steps.at(-1)?.source === 'engine';
  const expected = result?.outcome === 'paid' && byProvider ? 1 : 0;
  if (result && standing.length !== expected) {
    problems.push(`ended ${result.outcome}${byProvider ? '' : ' by hand'} with ${standing.length} payments standing`);
  }
  for (const { id: reservation, status, claim_id: claimId } of record.reservations) {
    if (result && claimId === id && status === 'reserved') problems.push(`reservation ${reservation} is still held`);
  }
  return problems;
}

function nothingOpen({ planned, result }: EndedClaim, { record }: Aftermath): string[] {
  if (!result) return [];
  return tasksOf(record, planned.claim.id)
    .filter((task) => statusOf(task) !== 'DONE')
    .map(
      (task) => `ended, but task ${task.uid} (${task.happenings.at(-1)?.place}) is ${statusOf(task)}: ${story(task)}`,
    );
}

function noDuplicates({ planned, state, result }: EndedClaim, { record }: Aftermath): string[] {
  const { lifecycle, claim } = planned;
  const tasks = tasksOf(record, claim.id);
  const problems: string[] = [];
  for (const { uid, happenings } of tasks) {
    const [first] = happenings as [Happening];
    const key = `claim#${claim.id}${lifecycle === 'single-task' ? '' : `#${first.place.replace(' ', '#')}`}`;
    if (uid !== uidOf(key)) problems.push(`task ${uid} for ${first.place} is not the task of ${key}`);
    const births = happenings.filter(({ event }) => event.what === 'created').length;
    if (births !== 1) problems.push(`task ${uid} was created ${births} times`);
  }
  if (!result || !state) return problems;
  const known = new Set([...state.steps.flatMap(({ uid }) => uid ?? []), ...result.tasks]);
  for (const { uid, happenings } of tasks) {
    if (!known.has(uid)) problems.push(`task ${uid} (${happenings[0]?.place}) is not known to its process`);
  }
  return problems;
}

/** Each accepted verb that had something to do once, with who, when and why; one that nobody answered at most once. */
function auditComplete({ planned, state }: EndedClaim, { asked }: Aftermath): string[] {
  if (!state) return [];
  return asked
    .filter(({ claimId }) => claimId === planned.claim.id)
    .flatMap((verb) => {
      const entries = state.audit.filter(({ by }) => by === verb.by);
      const said = `${verb.verb} by ${verb.by} (${verb.answer})`;
      if (entries.length > 1) return [`${said} is in the audit trail ${entries.length} times`];
      const [entry] = entries;
      if (!entry) return verb.answer === 'unknown' || agreed(verb, state) ? [] : [`${said} is not in the audit trail`];
      return complete(entry, verb)
        ? []
        : [`${said} is in the audit trail without its when or why: ${JSON.stringify(entry)}`];
    });
}

/** It asked for what another had decided before, and so for nothing. */
const agreed = ({ verb, by, step: named, decision = 'done' }: AskedVerb, { steps }: ProcessState): boolean =>
  verb === 'complete' &&
  steps.some((step) => step.step === named && step.by !== by && (step.decision ?? 'done') === decision);

const complete = ({ at, why, what }: AuditEntry, { reason }: AskedVerb): boolean =>
  !Number.isNaN(Date.parse(at)) && (why === reason || what.startsWith('late'));

function strayTasks({ record, claims }: Aftermath): string[] {
  const known = new Set(claims.map(({ planned }) => planned.claim.id));
  return [...record.tasks.values()]
    .filter(({ claimId }) => !known.has(claimId))
    .map(({ uid, claimId }) => `task ${uid} is of a claim that was never started (${claimId})`);
}

/** Our side takes nothing from a person's hands, but for handing it back with a word of why. */
function notBackwards({ record }: Aftermath): string[] {
  const rank: Record<string, number> = { TODO: 0, STARTED: 1, DONE: 2 };
  return [...record.tasks.values()].flatMap((task) =>
    task.happenings.flatMap((now, at) => {
      const before = task.happenings[at - 1];
      if (!before || now.event.by !== 'api' || now.place !== before.place) return [];
      if (rank[now.event.status]! >= rank[before.event.status]!) return [];
      const next = task.happenings.slice(at + 1).find(({ event }) => event.by === 'api');
      const explained = next?.event.what === 'commented' && next.place === now.place;
      if (explained) return [];
      return [
        `claim ${task.claimId}: task ${task.uid} (${now.place}) went from ${before.event.status} to ${now.event.status} without a word: ${story(task)}`,
      ];
    }),
  );
}

function nothingWaits({ running }: Aftermath): string[] {
  return running.map((workflow) => `still runs, and nobody will wake it: ${workflow}`);
}

function withinLimit({ requests: { maxIn60s, limit } }: Aftermath): string[] {
  return maxIn60s <= limit ? [] : [`Fragment was asked ${maxIn60s} times within 60 s; its limit is ${limit}`];
}

const tasksOf = ({ tasks }: ChaosRecord, id: string): TaskRecord[] =>
  [...tasks.values()].filter(({ claimId }) => claimId === id);

const statusOf = ({ happenings }: TaskRecord): string => happenings.at(-1)!.event.status;

/** Who made of the task what, for whoever reads the failure. */
function story({ happenings }: TaskRecord): string {
  return happenings
    .map(
      ({ event, place }) =>
        `${event.at.slice(11, 23)} ${event.by.split('@')[0]} ${event.what} ${place} ${event.status}`,
    )
    .join('; ');
}
