/** What is recorded: how claims, onboardings and the feed go on a server, by name. Each answers the executions to keep. */
import { FEED_WORKFLOW, FEED_WORKFLOW_ID, pokeFeedSignal } from '../../workflows/account/contract.js';
import type { FeedActivities, FeedCursor } from '../../activities/index.js';
import { ONBOARDING_WORKFLOW, onboardingWorkflowId } from '../../workflows/onboarding/contract.js';
import type { Onboarding } from '../../workflows/onboarding/contract.js';
import { DEFAULT_POLICY } from '../../workflows/claim/contract.js';
import { LIFECYCLES, PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import type { ClaimOnStage, StartOptions, TimeSkippingStage } from '../time-skipping-stage.js';

export interface Recording {
  name: string;
  workflowId: string;
  /** The newest run, where nothing is said. */
  runId?: string;
}

type Case = (stage: TimeSkippingStage, start: (options?: StartOptions) => Promise<ClaimOnStage>) => Promise<void>;

const LARGE = { total: { amount: 80_000, currency: 'USD' } };
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

const FRESH: FeedCursor = { round: 0, list: true, reading: 'bulk', cycled: true, delivered: {}, unlisted: {} };

/** Rounds in which nothing changed: a replay sees of an activity what it answered, and no more. */
export const quietFeed: FeedActivities = {
  readChanges: async ({ cursor }) => ({
    cursor: { ...(cursor ?? FRESH), round: (cursor?.round ?? 0) + 1 },
    way: 'list',
    delivered: 0,
    unknownHints: 0,
    requests: 1,
    batch: 100,
    requestsPerMinute: 60,
  }),
};

/** Poked until it continues as new, and a little further. */
export async function playFeed({ temporal }: TimeSkippingStage): Promise<Recording[]> {
  const first = await temporal.workflow.start(FEED_WORKFLOW, {
    workflowId: FEED_WORKFLOW_ID,
    taskQueue: PROCESSES_QUEUE,
    args: [{}],
  });
  const newest = temporal.workflow.getHandle(FEED_WORKFLOW_ID);
  const runId = first.firstExecutionRunId;
  for (let pokes = 0; (await newest.describe()).runId === runId; pokes += 1) {
    if (pokes > 300) throw new Error('the feed does not continue as new: what does the server suggest?');
    await newest.signal(pokeFeedSignal);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await newest.signal(pokeFeedSignal);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await newest.terminate();
  return [
    { name: 'feed-continued-as-new', workflowId: FEED_WORKFLOW_ID, runId },
    { name: 'feed', workflowId: FEED_WORKFLOW_ID },
  ];
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
