import type { Client } from '@temporalio/client';
import { FragmentAuthError } from '../fragment/errors.js';
import { TemporalUnreachableError, connect } from '../client/index.js';
import { inTime } from '../client/in-time.js';
import { variableOf, type FragmentAccount } from '../worker/accounts.js';
import { loadConfig, type Config } from '../worker/config.js';
import { fragmentClient } from '../worker/fragment.js';
import { feedFinding, leaseFinding } from './doctor-account.js';
import { unanswered, type Finding } from './doctor-finding.js';
import { webhook } from './doctor-webhook.js';
import { workersFindings } from './doctor-workers.js';
import { messageOf } from './failure.js';
import { missingSearchAttributes } from '../worker/search-attributes.js';
import { refusalCode } from '../worker/setup-error.js';

/** What package.json asks for: below it, tools that the tests need do not run. */
const NODE = [20, 19] as const;
/** Fragment documents no more. */
const DOCUMENTED_PER_MINUTE = 60;
/** Due dates and the feed's window are off by as much as the clocks are. The Date header has whole seconds. */
const SKEW_SECONDS = 5;

/** Everything that the processes stand on, one thing after the other: what fails first is often why the next one does. */
export async function* examine(env: NodeJS.ProcessEnv, webhookUrl?: string): AsyncGenerator<Finding> {
  yield nodeFinding(process.versions.node);
  const config = configuration(env);
  yield config.finding;
  yield* temporal(config.value?.accounts ?? []);
  if (!config.value) return;
  for (const account of config.value.accounts) {
    yield limits(account);
    yield* fragment(config.value, account);
  }
  yield* webhook(config.value, webhookUrl);
  yield payments(config.value);
  yield encryption(config.value);
}

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fine = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  const remedy = fine ? undefined : `install Node ${NODE.join('.')} or newer`;
  return { what: 'Node', verdict: fine ? 'ok' : 'failure', said: version, remedy };
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

async function* temporal(accounts: FragmentAccount[]): AsyncGenerator<Finding> {
  let connected: Awaited<ReturnType<typeof connect>>;
  try {
    connected = await connect();
  } catch (error) {
    // The others say themselves what to do.
    const lost = error instanceof TemporalUnreachableError;
    const remedy = lost ? 'start one with `npm run dev`, or set TEMPORAL_ADDRESS to where it runs' : undefined;
    yield { what: 'Temporal', verdict: 'failure', said: messageOf(error), remedy };
    return;
  }
  const { client } = connected;
  try {
    yield await serverFinding(client);
    yield* namespace(client, accounts);
  } finally {
    await connected.close();
  }
}

async function serverFinding(client: Client): Promise<Finding> {
  const what = 'Temporal';
  try {
    const { serverVersion } = await inTime(client, () => client.workflowService.getSystemInfo({}));
    return { what, verdict: 'ok', said: `server ${serverVersion}` };
  } catch (error) {
    return unanswered(what, error);
  }
}

async function* namespace(client: Client, accounts: FragmentAccount[]): AsyncGenerator<Finding> {
  const { namespace: name } = client.options;
  try {
    const { config } = await inTime(client, () => client.workflowService.describeNamespace({ namespace: name }));
    const days = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
    yield { what: `namespace ${name}`, verdict: 'ok', said: `keeps ended processes for ${days} days` };
  } catch (error) {
    const remedy = refusalCode(error)
      ? `check TEMPORAL_API_KEY or the TLS certificate, and whether it is meant for namespace ${name}`
      : `set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create -n ${name}`;
    yield { what: `namespace ${name}`, verdict: 'failure', said: messageOf(error), remedy };
    return;
  }
  yield await searchAttributesFinding(client);
  const workers = await workersFindings(client);
  yield* workers;
  for (const { name: account } of accounts) {
    yield await leaseFinding(client, account);
    // The feed is a workflow: with nobody to run it, the question would only time out.
    if (workers[0].verdict === 'ok') yield await feedFinding(client, account);
  }
}

export async function searchAttributesFinding(client: Client): Promise<Finding> {
  const what = 'search attributes';
  try {
    const missing = (await inTime(client, () => missingSearchAttributes(client))).map(({ name }) => name);
    if (missing.length === 0) return { what, verdict: 'ok', said: 'all registered' };
    const remedy = 'register them: flows setup';
    return { what, verdict: 'failure', said: `not registered: ${missing.join(', ')}`, remedy };
  } catch (error) {
    return { what, verdict: 'failure', said: messageOf(error), remedy: 'ask whoever administers the namespace' };
  }
}

function limits({ name, requestsPerMinute: perMinute, maxBatch: batch }: FragmentAccount): Finding {
  const what = of('limits', name);
  const said = `${perMinute} requests a minute, ${batch} tasks a batch`;
  if (perMinute <= DOCUMENTED_PER_MINUTE) return { what, verdict: 'ok', said };
  const remedy = `Fragment documents ${DOCUMENTED_PER_MINUTE} requests a minute: ask them, or lower ${variableOf('FRAGMENT_REQUESTS_PER_MINUTE', name)}`;
  return { what, verdict: 'warning', said, remedy };
}

async function* fragment(config: Config, { name, apiUrl, token }: FragmentAccount): AsyncGenerator<Finding> {
  const what = of(`Fragment at ${apiUrl}`, name);
  if (!token) {
    const remedy = 'make a token in Fragment (Settings > Developers) and set ' + variableOf('FRAGMENT_API_TOKEN', name);
    yield { what, verdict: 'failure', said: 'there is no token', remedy };
    return;
  }
  try {
    const { date } = await fragmentClient(config, name).accountsMe();
    yield { what, verdict: 'ok', said: 'takes the token' };
    if (date) yield skew(Math.round((Date.now() - date.getTime()) / 1000), name);
  } catch (error) {
    const remedy =
      error instanceof FragmentAuthError
        ? `set ${variableOf('FRAGMENT_API_TOKEN', name)} to a token that has not been revoked`
        : `set ${variableOf('FRAGMENT_API_URL', name)} to the API, with /api/v1 in it; see whether a proxy or firewall stands between`;
    yield { what, verdict: 'failure', said: messageOf(error), remedy };
  }
}

function skew(seconds: number, account?: string): Finding {
  const what = of('clock', account);
  const said = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} Fragment's`;
  if (Math.abs(seconds) <= SKEW_SECONDS) return { what, verdict: 'ok', said };
  return { what, verdict: 'warning', said, remedy: 'let this machine follow a time server (NTP)' };
}

/** Of the default account, findings are not named after it: most have no other. */
const of = (what: string, account?: string): string => (account ? `${what} (account ${account})` : what);

function payments({ PAYMENTS_URL: url }: Config): Finding {
  return { what: 'payments', verdict: 'ok', said: url ? `by the provider at ${url}` : 'a step that a person does' };
}

function encryption({ PAYLOAD_KEYS: keys }: Config): Finding {
  const what = 'encryption';
  if (keys) return { what, verdict: 'ok', said: 'what Temporal keeps is encrypted' };
  const remedy = 'make a key with `flows codec new-key`, and set PAYLOAD_KEYS for every client and worker';
  return { what, verdict: 'warning', said: 'what Temporal keeps can be read by whoever may read Temporal', remedy };
}
