/** Why a command could not be typed as a page has it, found without running it; undefined where nothing is wrong. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { flowsProgram } from '../../cli/program.js';
import { findTemporal } from '../../worker/embedded/temporal.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

export async function refusedByFlows(args: string[]): Promise<string | undefined> {
  const program = flowsProgram();
  let complaint = '';
  for (const command of everyCommand(program)) {
    command.configureOutput({ writeErr: (said) => (complaint += said), writeOut: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if ((error as { exitCode?: number }).exitCode !== 0) return complaint.split('\n', 1)[0] || String(error);
  }
  return undefined;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** Asked for its help, it refuses options that it does not have; of a command that it does not have, it shows the one above. */
export async function refusedByTemporal(args: string[]): Promise<string | undefined> {
  const options = args.findIndex((word) => word.startsWith('-'));
  const command = ['temporal', ...args.slice(0, options === -1 ? args.length : options)].join(' ');
  try {
    const { stdout } = await run(await findTemporal(), [...args, '--help']);
    return stdout.includes(`  ${command} [flags]`) ? undefined : `there is no ${command}`;
  } catch (error) {
    return ((error as { stderr?: string }).stderr || String(error)).split('\n', 1)[0];
  }
}

/** A script of package.json reads its options in its own folder. */
export async function refusedByScript(runs: string | undefined, options: string): Promise<string | undefined> {
  if (!runs) return 'package.json has no such script';
  const [, folder] = /(?:^tsx |node dist\/)(.+)\/[^/]+\.[jt]s/.exec(runs) ?? [];
  const sources = folder ? (await sourcesIn(folder)).join('') : '';
  const unknown = [...options.matchAll(/--(?!help)([a-z-]+)/g)].find(([, name]) => !sources.includes(String(name)));
  return unknown && `nothing in ${folder ?? 'it'} reads ${unknown[0]}`;
}

/** Tools and tests have variables of their own, which no configuration names. */
export async function variablesRead(): Promise<string[]> {
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const ours = folders
    .map(({ name }) => name)
    .filter((name) => !/^\.(git|cache)$|^(node_modules|dist|docs)$/.test(name));
  const sources = (await Promise.all(ours.map(sourcesIn))).flat();
  return sources.flatMap((source) => [
    ...[...source.matchAll(/process\.env(?:\.|\[')([A-Z_]+)/g)].map(([, name]) => String(name)),
    ...[...source.matchAll(/\{([^{}]+)\} = process\.env\b/g)].flatMap(([, names]) => names?.match(/[A-Z_]+/g) ?? []),
  ]);
}

async function sourcesIn(folder: string): Promise<string[]> {
  const files = (await readdir(join(root, folder), { recursive: true })).filter((name) => name.endsWith('.ts'));
  return Promise.all(files.map((name) => readFile(join(root, folder, name), 'utf8')));
}
