/** Runs test files under a profile: mocha in a process of its own, on a Temporal server that is shared. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { registerSearchAttributes } from '../../worker/search-attributes.js';
import { startDevServer } from '../../worker/embedded/temporal.js';
import type { Profile } from './profiles.js';

export interface Outcome {
  profile: Profile;
  passed: number;
  failures: { title: string; message: string }[];
  /** Of mocha, where it did not get as far as to report. */
  output?: string;
}

interface Report {
  stats: { passes: number };
  failures: { fullTitle: string; err: { message?: string } }[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** One Temporal server for all profiles, a namespace for each; up to `jobs` of them at once. */
export async function runSuite(
  files: string[],
  profiles: Profile[],
  { jobs = 1, ended }: { jobs?: number; ended?: (outcome: Outcome) => void } = {},
): Promise<Outcome[]> {
  const server = await startDevServer({ headless: true });
  const connection = await Connection.connect({ address: server.address });
  try {
    const outcomes: Outcome[] = [];
    const waiting = profiles.entries();
    const worker = async (): Promise<void> => {
      for (const [at, profile] of waiting) {
        const namespace = `profile-${at + 1}`;
        await makeNamespace(new Client({ connection, namespace }));
        const outcome = await runUnder(profile, files, `${server.address}/${namespace}`);
        outcomes[at] = outcome;
        ended?.(outcome);
      }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
    return outcomes;
  } finally {
    await connection.close();
    await server.stop();
  }
}

/** What repeats it, without the matrix. */
export function repeat({ behaviour }: Profile): string {
  return `SANDBOX_BEHAVIOUR='${JSON.stringify(behaviour)}' npx mocha 'test/acceptance/**/*.test.ts'`;
}

async function runUnder(profile: Profile, files: string[], temporal: string): Promise<Outcome> {
  const child = spawn(
    process.execPath,
    ['node_modules/mocha/bin/mocha.js', '--no-parallel', '--reporter', 'json', ...files],
    {
      cwd: root,
      env: { ...process.env, SANDBOX_BEHAVIOUR: JSON.stringify(profile.behaviour), STAGE_TEMPORAL: temporal },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  process.off('exit', kill);
  const report = reportIn(output);
  if (!report) return { profile, passed: 0, failures: [], output: `${output}${complaints}` };
  const failures = report.failures.map(({ fullTitle, err }) => ({ title: fullTitle, message: err.message ?? '' }));
  return { profile, passed: report.stats.passes, failures };
}

/** What a test prints may stand before it. */
function reportIn(output: string): Report | undefined {
  try {
    return JSON.parse(output.slice(output.search(/^\{\n {2}"stats"/m))) as Report;
  } catch {
    return undefined;
  }
}

async function makeNamespace(client: Client): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  // The server learns of its own new namespace a moment later.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return void (await registerSearchAttributes(client));
    } catch (error) {
      if (attempt === 40) throw error;
      await sleep(500);
    }
  }
}
