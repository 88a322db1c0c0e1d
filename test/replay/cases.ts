/** What is recorded: how claims and onboardings go on a server, by name. Each answers the executions to keep. */
import { ONBOARDING_WORKFLOW, onboardingWorkflowId } from '../../workflows/onboarding/contract.js';
import type { Onboarding } from '../../workflows/onboarding/contract.js';
import { DEFAULT_POLICY } from '../../workflows/claim/contract.js';
import {
  LIFECYCLES,
  PROCESSES_QUEUE,
  changeDueUpdate,
  pauseUpdate,
  reassignUpdate,
  resumeUpdate,
} from '../../workflows/tasks/contract.js';
import type { ClaimOnStage, StartOptions, TimeSkippingStage } from '../time-skipping-stage.js';

export interface Recording {
  name: string;
  workflowId: string;
  /** The newest run, where nothing is said. */
  runId?: string;
}

type Case = (stage: TimeSkippingStage, start: (options?: StartOptions) => Promise<ClaimOnStage>) => Promise<void>;

const LARGE = { total: { amount: 80_000, currency: 'USD' } };
const WHY = { reason: 'audit', by: 'operator' };
const soon = { due: '2 seconds', remindBefore: '1 second', escalateAfter: '1 second' } as const;

const claimCases: Record<string, Case> = {
  async paid(_, start) {
    const claim = await start(LARGE);
    await toApproval(claim);
    await claim.finish('approval', { decision: 'approve' }, 'bob');
    await claim.result();
  },

  async 'paid-by-a-person'({ payments }, start) {
    payments.provider = false;
    const claim = await start();
    await toReview(claim);
    await claim.finish('review', { decision: 'approve' });
    await claim.at('payment');
    await claim.finish('payment', { reference: 'transfer 9' });
    await claim.result();
    payments.provider = true;
  },

  async 'reworked-and-rejected'(_, start) {
    const claim = await start(LARGE);
    await toReview(claim);
    await claim.finish('review', { decision: 'request_info', note: 'the invoice is missing' });
    await claim.at('data_entry', { round: 2 });
    await claim.complete({ step: 'data_entry', by: 'backend' });
    await claim.at('review', { round: 2 });
    await claim.finish('review', { decision: 'approve' }, 'ann');
    await claim.at('approval', { round: 2 });
    await claim.finish('approval', { decision: 'reject', note: 'not covered' }, 'bob');
    await claim.result();
  },

  async 'handed-back'({ fragment }, start) {
    const claim = await start();
    await toReview(claim);
    const uid = String((await claim.step())?.uid);
    await claim.finish('review', { decision: 'perhaps' });
    await claim.until('it is handed back', () => fragment.get(uid).status === 'TODO');
    await claim.finish('review', { decision: 'reject' });
    await claim.result();
  },

  async withdrawn(_, start) {
    const claim = await start();
    await toReview(claim);
    await claim.withdraw('the patient moved away');
    await claim.result();
  },

  async cancelled(_, start) {
    const claim = await start();
    await claim.at('data_entry');
    await claim.handle.cancel();
    await claim.result().catch(() => undefined);
  },

  async 'payment-refused-paid-by-hand'({ payments }, start) {
    const claim = await toRefusal(payments.refuse, start);
    await claim.finish('payment', { reference: 'cheque 7' }, 'eve');
    await claim.result();
  },

  async 'payment-refused-retried'({ payments }, start) {
    const claim = await toRefusal(payments.refuse, start);
    payments.refuse.delete(claim.id);
    await claim.retry();
    await claim.result();
  },

  async 'payment-refused-given-up'({ payments }, start) {
    const claim = await toRefusal(payments.refuse, start);
    await claim.skipStep('the account is closed');
    await claim.result();
  },

  async overdue(stage, start) {
    const deadlines = {
      ...DEFAULT_POLICY.deadlines,
      data_entry: soon,
      review: { ...soon, escalateTo: 'lead@example.com' },
    };
    const claim = await start({ policy: { deadlines } });
    await claim.at('data_entry');
    await stage.skip('5 seconds');
    await claim.finish('data_entry');
    await claim.until('the review waits', ({ step, steps }) => step === 'review' && steps.at(-1)?.uid !== undefined);
    await stage.skip('5 seconds');
    await claim.finish('review', { decision: 'reject' });
    await claim.result();
  },

  async 'paused-and-resumed'({ fragment }, start) {
    const claim = await start();
    await claim.at('data_entry');
    await claim.handle.executeUpdate(pauseUpdate, { args: [WHY] });
    await claim.finish('data_entry');
    await claim.handle.executeUpdate(resumeUpdate, { args: [WHY] });
    const { uid } = await claim.at('review');
    await claim.handle.executeUpdate(pauseUpdate, { args: [WHY] });
    await claim.handle.executeUpdate(resumeUpdate, { args: [WHY] });
    await claim.until('the due date has moved', ({ steps }) => {
      return Date.parse(String(fragment.get(String(uid)).due_at)) === Date.parse(String(steps.at(-1)?.due));
    });
    await claim.finish('review', { decision: 'reject' });
    await claim.result();
  },

  async 'reassigned-and-due-moved'(_, start) {
    const claim = await start();
    const { due } = await claim.at('data_entry');
    const later = new Date(Date.parse(String(due)) + 86_400_000).toISOString();
    await claim.handle.executeUpdate(reassignUpdate, { args: [{ ...WHY, email: 'ben@example.com' }] });
    await claim.handle.executeUpdate(changeDueUpdate, { args: [{ ...WHY, due: later }] });
    await claim.finish('data_entry');
    await claim.at('review');
    await claim.finish('review', { decision: 'reject' });
    await claim.result();
  },

  /** Deleted, and opened again; then archived, which an operator has to hear of. */
  async 'taken-away'({ fragment }, start) {
    const claim = await start();
    await toReview(claim);
    const uid = String((await claim.step())?.uid);
    const tell = (absent: 'deleted' | 'archived') =>
      claim.tell({ uid, status: 'UNKNOWN', step: 'review', round: 1, absent });
    fragment.tasks.delete(uid);
    await tell('deleted');
    await claim.until('it is open again', () => fragment.tasks.has(uid));
    await claim.at('review');
    Object.assign(fragment.get(uid), { archived: true });
    await tell('archived');
    await claim.at('review', { status: 'parked' });
    await claim.retry();
    await claim.at('review');
    await claim.finish('review', { decision: 'reject' });
    await claim.result();
  },

  /** Still running: what a deployment finds. */
  async waiting(_, start) {
    await toApproval(await start(LARGE));
  },
};

export async function playClaims(stage: TimeSkippingStage): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (const lifecycle of LIFECYCLES) {
    for (const [name, play] of Object.entries(claimCases)) {
      const full = `claim-${name}-${lifecycle}`;
      await play(stage, (options = {}) => stage.startClaim(`${name}-${lifecycle}`, { lifecycle, ...options }));
      recordings.push({ name: full, workflowId: full });
    }
  }
  return recordings;
}

export async function playOnboarding({ temporal }: TimeSkippingStage): Promise<Recording[]> {
  const workflowId = onboardingWorkflowId('u-1');
  const input: Onboarding = { userId: 'u-1', fields: { plan: 'gold' } };
  await temporal.workflow.execute(ONBOARDING_WORKFLOW, { workflowId, taskQueue: PROCESSES_QUEUE, args: [input] });
  return [{ name: 'onboarding', workflowId }];
}

async function toReview(claim: ClaimOnStage): Promise<void> {
  await claim.at('data_entry');
  await claim.finish('data_entry');
  await claim.at('review');
}

async function toApproval(claim: ClaimOnStage): Promise<void> {
  await toReview(claim);
  await claim.finish('review', { decision: 'approve' }, 'ann');
  await claim.at('approval');
}

async function toRefusal(refuse: Set<string>, start: () => Promise<ClaimOnStage>): Promise<ClaimOnStage> {
  const claim = await start();
  refuse.add(claim.id);
  await toReview(claim);
  await claim.finish('review', { decision: 'approve' });
  await claim.at('payment', { status: 'parked' });
  return claim;
}
