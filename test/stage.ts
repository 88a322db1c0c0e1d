/** The real parts that integration tests stand on: a Temporal dev server, the sandbox over HTTP, workers in this process. */
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import {
  createFeedActivities,
  createPaymentActivities,
  createReconcileActivities,
  createTaskActivities,
} from '../activities/index.js';
import { OwnCompletions } from '../activities/own-completions.js';
import { FragmentClient } from '../fragment/client.js';
import { Gateway } from '../fragment/gateway.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../sandbox/server.js';
import { quiet } from '../testing/quiet.js';
import { interceptorModules } from '../worker/bundle.js';
import { keepAlive } from '../worker/keep-alive.js';
import { startDevServer, type DevServer } from '../worker/embedded/temporal.js';
import { claimProcess } from '../worker/own-processes.js';
import { formKeysOf, parseAnswerOf, taskKeysOf } from '../worker/process-definition.js';
import { spelledTypes } from '../worker/search-attributes.js';
import { FEED_WORKFLOW, FEED_WORKFLOW_ID } from '../workflows/account/contract.js';
import { DEFAULT_POLICY, claimWorkflowId, type Claim, type ClaimInput } from '../workflows/claim/contract.js';
import { FRAGMENT_QUEUE, PROCESSES_QUEUE } from '../workflows/tasks/contract.js';

const PROCESSES = [claimProcess()];
const parseAnswer = parseAnswerOf(PROCESSES);

let bundle: ReturnType<typeof bundleWorkflowCode> | undefined;

/** Bundled once for a test run. */
export function workflowBundle(): ReturnType<typeof bundleWorkflowCode> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    workflowInterceptorModules: interceptorModules({ traced: false }),
    logger: new DefaultLogger('WARN'),
  });
  return bundle;
}

export interface Stage {
  sandbox: Sandbox;
  temporal: Client;
  /** Of the Temporal server. */
  address: string;
  /** Of the Temporal Web UI; empty where none was asked for. */
  uiUrl: string;
  client: FragmentClient;
  gateway: Gateway;
  startClaim(claim: Claim, input?: Partial<Omit<ClaimInput, 'claim'>>): ReturnType<Client['workflow']['start']>;
  stop(): Promise<void>;
}

export interface StageOptions extends Partial<SandboxOptions> {
  /** `false` leaves payment to people. */
  payments?: boolean;
  /** `false`: nobody tells the processes of what is done. */
  feed?: boolean;
  requestsPerMinute?: number;
  /** With the Temporal Web UI. */
  ui?: boolean;
}

/** How the sandbox behaves where Fragment's documentation is silent: the suite can be run under any of it. */
const BEHAVIOUR = JSON.parse(process.env['SANDBOX_BEHAVIOUR'] ?? '{}') as object;

export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const { payments = true, feed = true, requestsPerMinute = 60, ui = false, ...sandboxOptions } = options;
  quiet();
  const server = await temporalServer(ui);
  const { namespace } = server;
  const sandbox = await startSandbox({
    token: 'test-token',
    ...sandboxOptions,
    behaviour: { ...sandboxOptions.behaviour, ...BEHAVIOUR },
  });
  const connection = await NativeConnection.connect({ address: server.address });
  const temporal = new Client({ connection: await Connection.connect({ address: server.address }), namespace });
  const client = new FragmentClient({
    baseUrl: sandbox.apiUrl,
    token: 'test-token',
    userAgent: 'flows-test/0',
    commentKey: sandbox.behaviour.commentKey,
  });
  const gateway = new Gateway({ client, requestsPerMinute, maxBatch: 100, backoffMs: 100 });
  const own = new OwnCompletions();
  const shared = { connection, namespace, shutdownGraceTime: '5s' as const };
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: PROCESSES_QUEUE,
      workflowBundle: await workflowBundle(),
      activities: createPaymentActivities(
        payments ? { url: sandbox.paymentsUrl, token: sandboxOptions.paymentsToken ?? 'test-token' } : undefined,
      ),
    }),
    await Worker.create({
      ...shared,
      taskQueue: FRAGMENT_QUEUE,
      activities: {
        ...createTaskActivities({ gateway, client, parseAnswer, own, formKeys: formKeysOf(PROCESSES) }),
        ...createFeedActivities({ gateway, client, temporal, parseAnswer, own }),
        ...createReconcileActivities({ gateway, client, temporal, parseAnswer, taskKeys: taskKeysOf(PROCESSES) }),
      },
      interceptors: { activity: [keepAlive] },
      maxConcurrentActivityTaskExecutions: 500,
    }),
  ];
  const runs = workers.map((worker) => worker.run());
  if (feed) {
    await temporal.workflow.start(FEED_WORKFLOW, {
      workflowId: FEED_WORKFLOW_ID,
      taskQueue: PROCESSES_QUEUE,
      args: [{}],
    });
  }
  return {
    sandbox,
    temporal,
    address: server.address,
    uiUrl: server.uiUrl,
    client,
    gateway,
    startClaim: (claim, input = {}) =>
      temporal.workflow.start('claim', {
        workflowId: claimWorkflowId(claim.id),
        taskQueue: PROCESSES_QUEUE,
        args: [{ claim, lifecycle: 'task-per-step', policy: DEFAULT_POLICY, ...input }],
      }),
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(runs);
      gateway.close();
      await sandbox.close();
      await temporal.connection.close();
      await connection.close();
      await server.stop();
    },
  };
}

type StageServer = Pick<DevServer, 'address' | 'uiUrl' | 'stop'> & { namespace: string };

/** A server of its own for each stage, unless STAGE_TEMPORAL names one (`address/namespace`) that outlives it. */
async function temporalServer(ui: boolean): Promise<StageServer> {
  const [address, namespace = 'default'] = (process.env['STAGE_TEMPORAL'] ?? '').split('/');
  if (address) return { address, namespace, uiUrl: '', stop: () => Promise.resolve() };
  const server = await startDevServer({ searchAttributes: spelledTypes(), headless: !ui });
  return { ...server, namespace };
}
