import type { Client } from '@temporalio/client';
import { FragmentAuthError } from '../fragment/errors.js';
import { connect } from '../client/index.js';
import { loadConfig, type Config } from '../worker/config.js';
import { fragmentClient } from '../worker/fragment.js';
import { FRAGMENT_QUEUE, PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { messageOf } from './failure.js';
import { missingSearchAttributes } from '../worker/search-attributes.js';

export interface Finding {
  what: string;
  /** `warning`: works, but not as it should in production. */
  verdict: 'ok' | 'warning' | 'failure';
  said: string;
  remedy?: string;
}

/** What package.json asks for: below it, tools that the tests need do not run. */
const NODE = [20, 19] as const;
/** Fragment documents no more. */
const DOCUMENTED_PER_MINUTE = 60;
/** Due dates and the feed's window are off by as much as the clocks are. The Date header has whole seconds. */
const SKEW_SECONDS = 5;
const TASK_QUEUE_TYPES = { workflow: 1, activity: 2 };

/** Everything that the processes stand on, one thing after the other: what fails first is often why the next one does. */
export async function* examine(env: NodeJS.ProcessEnv): AsyncGenerator<Finding> {
  yield node();
  const config = configuration(env);
  yield config.finding;
  yield* temporal();
  if (!config.value) return;
  yield limits(config.value);
  yield* fragment(config.value);
  yield payments(config.value);
  yield encryption(config.value);
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  const remedy = fine ? undefined : `install Node ${NODE.join('.')} or newer`;
  return { what: 'Node', verdict: fine ? 'ok' : 'failure', said: process.versions.node, remedy };
}

function configuration(env: NodeJS.ProcessEnv): { value?: Config; finding: Finding } {
  try {
    const value = loadConfig(env);
    return { value, finding: { what: 'environment', verdict: 'ok', said: 'every variable can be used' } };
  } catch (error) {
    const remedy = 'mend these variables; .env.example says what each is for';
    return { finding: { what: 'environment', verdict: 'failure', said: messageOf(error), remedy } };
  }
}

async function* temporal(): AsyncGenerator<Finding> {
  let connected: Awaited<ReturnType<typeof connect>>;
  try {
    connected = await connect();
  } catch (error) {
    const remedy = 'start one with `npm run dev`, or set TEMPORAL_ADDRESS to where it runs';
    yield { what: 'Temporal', verdict: 'failure', said: messageOf(error), remedy };
    return;
  }
  const { client } = connected;
  try {
    const { serverVersion } = await client.workflowService.getSystemInfo({});
    yield { what: 'Temporal', verdict: 'ok', said: `server ${serverVersion}` };
    yield* namespace(client);
  } finally {
    await connected.close();
  }
}

async function* namespace(client: Client): AsyncGenerator<Finding> {
  const { namespace: name } = client.options;
  try {
    const { config } = await client.workflowService.describeNamespace({ namespace: name });
    const days = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
    yield { what: `namespace ${name}`, verdict: 'ok', said: `keeps ended processes for ${days} days` };
  } catch (error) {
    const remedy = `set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create -n ${name}`;
    yield { what: `namespace ${name}`, verdict: 'failure', said: messageOf(error), remedy };
    return;
  }
  yield await searchAttributes(client);
  yield await pollers(client, PROCESSES_QUEUE, 'workflow', 'flows worker --role processes');
  yield await pollers(client, FRAGMENT_QUEUE, 'activity', 'flows worker --role gateway');
}

async function searchAttributes(client: Client): Promise<Finding> {
  const what = 'search attributes';
  try {
    const missing = (await missingSearchAttributes(client)).map(({ name }) => name);
    if (missing.length === 0) return { what, verdict: 'ok', said: 'all registered' };
    const remedy = 'register them: flows setup';
    return { what, verdict: 'failure', said: `not registered: ${missing.join(', ')}`, remedy };
  } catch (error) {
    return { what, verdict: 'failure', said: messageOf(error), remedy: 'ask whoever administers the namespace' };
  }
}

async function pollers(
  client: Client,
  queue: string,
  type: keyof typeof TASK_QUEUE_TYPES,
  remedy: string,
): Promise<Finding> {
  const answer = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType: TASK_QUEUE_TYPES[type],
  });
  const count = new Set(answer.pollers?.map(({ identity }) => identity)).size;
  const what = `workers on ${queue}`;
  if (count > 0) return { what, verdict: 'ok', said: `${count} within the last minutes` };
  return { what, verdict: 'warning', said: 'nobody takes work', remedy: `start one: ${remedy}` };
}

function limits(config: Config): Finding {
  const { FRAGMENT_REQUESTS_PER_MINUTE: perMinute, FRAGMENT_MAX_BATCH: batch } = config;
  const said = `${perMinute} requests a minute, ${batch} tasks a batch`;
  if (perMinute <= DOCUMENTED_PER_MINUTE) return { what: 'limits', verdict: 'ok', said };
  const remedy = `Fragment documents ${DOCUMENTED_PER_MINUTE} requests a minute: ask them, or lower FRAGMENT_REQUESTS_PER_MINUTE`;
  return { what: 'limits', verdict: 'warning', said, remedy };
}

async function* fragment(config: Config): AsyncGenerator<Finding> {
  const what = `Fragment at ${config.FRAGMENT_API_URL}`;
  if (!config.FRAGMENT_API_TOKEN) {
    const remedy = 'make a token in Fragment (Settings > Developers) and set FRAGMENT_API_TOKEN';
    yield { what, verdict: 'failure', said: 'there is no token', remedy };
    return;
  }
  try {
    const { date } = await fragmentClient(config).accountsMe();
    yield { what, verdict: 'ok', said: 'takes the token' };
    if (date) yield skew(Math.round((Date.now() - date.getTime()) / 1000));
  } catch (error) {
    const remedy =
      error instanceof FragmentAuthError
        ? 'set FRAGMENT_API_TOKEN to a token that has not been revoked'
        : 'set FRAGMENT_API_URL to the API, with /api/v1 in it; see whether a proxy or firewall stands between';
    yield { what, verdict: 'failure', said: messageOf(error), remedy };
  }
}

function skew(seconds: number): Finding {
  const what = 'clock';
  const said = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} Fragment's`;
  if (Math.abs(seconds) <= SKEW_SECONDS) return { what, verdict: 'ok', said };
  return { what, verdict: 'warning', said, remedy: 'let this machine follow a time server (NTP)' };
}

function payments({ PAYMENTS_URL: url }: Config): Finding {
  return { what: 'payments', verdict: 'ok', said: url ? `by the provider at ${url}` : 'a step that a person does' };
}

function encryption({ PAYLOAD_KEYS: keys }: Config): Finding {
  const what = 'encryption';
  if (keys) return { what, verdict: 'ok', said: 'what Temporal keeps is encrypted' };
  const remedy = 'make a key with `flows codec new-key`, and set PAYLOAD_KEYS for every client and worker';
  return { what, verdict: 'warning', said: 'what Temporal keeps can be read by whoever may read Temporal', remedy };
}
