import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { parseJson } from '../client/index.js';
import { behaviourSchema, type BehaviourInput } from '../sandbox/behaviour.js';
import { portNumber, webAddress } from './arguments.js';
import { aborted, interruptible } from './interruption.js';
import { explained } from './listen.js';
import { CliError, print, printJson } from './output.js';
import { inputName, readInput } from './session.js';

interface SandboxOptions {
  port: number;
  host: string;
  journal?: string;
  team?: boolean;
  behaviour?: string;
  temporalUi?: string;
  json?: boolean;
}

export function registerSandbox(program: Command): void {
  program
    .command('sandbox')
    .description('run a local stand-in for Fragment, with an inbox page; its token is FRAGMENT_API_TOKEN, or a new one')
    .option('--port <port>', 'where it listens; 0 takes any free port', portNumber, 8080)
    .option('--host <address>', 'it asks nobody who they are: keep it on this machine', '127.0.0.1')
    .option('--journal <file>', 'NDJSON file that keeps the tasks over restarts')
    .option('--team', 'let a simulated team do the tasks')
    .option(
      '--behaviour <json>',
      'switches for what Fragment leaves open (GET /_sandbox/behaviour names them), or a file',
    )
    .option('--temporal-ui <url>', 'Temporal Web UI, for links from tasks to their workflows', webAddress)
    .option('--json', 'print one JSON object, once it listens')
    .action((options: SandboxOptions) => interruptible((interrupted) => serve(options, interrupted)));
}

async function serve(options: SandboxOptions, interrupted: AbortSignal): Promise<void> {
  const { port, host, journal, team, temporalUi } = options;
  const behaviour = options.behaviour === undefined ? {} : await readBehaviour(options.behaviour);
  const known = process.env.FRAGMENT_API_TOKEN;
  const token = known || newToken();
  const { startSandbox } = await import('../sandbox/server.js');
  const sandbox = await startSandbox({
    port,
    host,
    journal,
    token,
    behaviour,
    temporalUi,
    team: team ? {} : false,
  }).catch((error: unknown) => {
    throw explained(error, { port, host });
  });
  try {
    const env = environmentOf(sandbox, known ? undefined : token);
    if (options.json) printJson({ inbox: sandbox.url, env });
    else {
      print(`inbox: ${sandbox.url}`);
      print(exportLines(known ? { ...env, PAYMENTS_TOKEN: '$FRAGMENT_API_TOKEN' } : env));
    }
    await aborted(interrupted);
  } finally {
    await sandbox.close();
  }
}

async function readBehaviour(given: string): Promise<BehaviourInput> {
  const inline = given.trimStart().startsWith('{');
  const parsed = parseJson(inline ? given : await readInput(given));
  const place = inline ? '--behaviour' : inputName(given);
  if ('problem' in parsed) throw new CliError(`${place}: is not JSON: ${parsed.problem}`, 2);
  const { data, error } = behaviourSchema.safeParse(parsed.value);
  if (data) return data;
  const problems = error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new CliError(`${place}: ${problems.join('; ')}`, 2);
}

/** What another terminal needs to speak with this sandbox. A token that was given is not repeated. */
export function environmentOf(at: { apiUrl: string; paymentsUrl: string }, token?: string): Record<string, string> {
  return {
    FRAGMENT_API_URL: at.apiUrl,
    PAYMENTS_URL: at.paymentsUrl,
    ...(token ? { FRAGMENT_API_TOKEN: token, PAYMENTS_TOKEN: token } : {}),
  };
}

export function exportLines(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${value}`)
    .join('\n');
}

export function newToken(): string {
  return `sandbox-${randomBytes(12).toString('hex')}`;
}
