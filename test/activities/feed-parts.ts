/** The feed's activity over real HTTP to the sandbox; Temporal is what it lists and what it is told. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createFeedActivities, type FeedRequest, type FeedRound } from '../../activities/feed.js';
import { FragmentClient } from '../../fragment/client.js';
import { Gateway } from '../../fragment/gateway.js';
import type { BehaviourInput } from '../../sandbox/behaviour.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { parseAnswer } from '../../workflows/claim/schema.js';
import { ListedProcesses } from './listed-processes.js';

export interface FeedParts {
  sandbox: Sandbox;
  client: FragmentClient;
  temporal: ListedProcesses;
  /** A round from where the last one ended. */
  round(asked?: Partial<FeedRequest>): Promise<FeedRound>;
  /** Rounds until the feed has caught up. */
  rounds(count: number): Promise<FeedRound>;
  /** A task as a process makes it. */
  open(n: number, fields?: Record<string, unknown>): string;
  /** What a person does with it. */
  finish(uid: string, decision?: string): void;
  /** A new process of ours: nothing is remembered but the cursor. */
  restart(): void;
  close(): Promise<void>;
}

export const feedUid = (n: number): string => `202cb962-ac59-075b-064b-${n.toString(16).padStart(12, '0')}`;

export async function feedParts(
  behaviour: BehaviourInput = {},
  options: { retryMs?: number; listPatienceMs?: number } = {},
): Promise<FeedParts> {
  const sandbox = await startSandbox({ token: 't', team: false, behaviour: { rateLimit: 100_000, ...behaviour } });
  const client = new FragmentClient({ baseUrl: sandbox.apiUrl, token: 't', userAgent: 'test/0' });
  // Something old and done, so that an ignored filter can be told from an honoured one.
  const old = { fields: { title: 'old' }, status: 'DONE' as const, updated_at: '2020-01-01T00:00:00.000Z' };
  sandbox.tasks.apply('PUT', { uid: feedUid(0xfff), ...old });
  const temporal = new ListedProcesses();
  let gateway: Gateway;
  let activities: ReturnType<typeof createFeedActivities>;
  let last: FeedRound | undefined;
  const parts: FeedParts = {
    sandbox,
    client,
    temporal,
    async round(asked = {}) {
      const request = { cursor: last?.cursor, requests: 10, hints: [], ...asked };
      const environment = new MockActivityEnvironment(undefined, { logger: new DefaultLogger('ERROR') });
      last = await environment.run((each: FeedRequest) => activities.readChanges(each), request);
      return last as FeedRound;
    },
    async rounds(count) {
      for (let n = 0; n < count; n += 1) await parts.round();
      return last as FeedRound;
    },
    open(n, fields = {}) {
      const uid = feedUid(n);
      const workflowId = `claim-${n}`;
      const own = { title: `task ${n}`, process: 'claim', step: 'review', round: 1, workflow_id: workflowId };
      sandbox.tasks.apply('PUT', { uid, fields: { ...own, ...fields } });
      temporal.awaited.set(uid, workflowId);
      return uid;
    },
    finish: (uid, decision = 'approve') =>
      void sandbox.tasks.apply('PATCH', { uid, status: 'DONE', form_data: { decision } }, 'person@example.com'),
    restart() {
      gateway?.close();
      gateway = new Gateway({ client, requestsPerMinute: 60_000, maxBatch: 100, backoffMs: 20, lingerMs: 0 });
      activities = createFeedActivities({
        gateway,
        client,
        temporal: temporal.client,
        parseAnswer: (process, step, formData) => (process === 'claim' ? parseAnswer(step, formData) : { answer: {} }),
        ...options,
      });
    },
    async close() {
      gateway.close();
      await sandbox.close();
    },
  };
  parts.restart();
  return parts;
}
