/** Programs that some tests need and npm cannot bring: found on the machine, installed where that is possible, or done without. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runBounded } from '../worker/embedded/bounded-command.js';

export interface Program {
  name: string;
  /** An environment variable that names its path, and goes before all else. */
  variable?: string;
  /** By these names it is looked for on the PATH. */
  commands: string[];
  /** By this name Debian has it. */
  debianPackage: string;
}

/** A browser is some hundred megabytes; behind a silent firewall apt-get would wait for much longer. */
const INSTALL_MS = 300_000;

const asked = new Map<string, Promise<string>>();
const goneWithout = new Set<string>();
process.once('exit', () => {
  for (const line of goneWithout) console.log(line);
});

/** The program's path; where it cannot be had, the suite is skipped, and the end of the run says so and why. */
export async function programOrSkip(context: Mocha.Context, program: Program): Promise<string> {
  context.timeout(INSTALL_MS + 60_000);
  const found = asked.get(program.name) ?? findOrInstall(program);
  asked.set(program.name, found);
  try {
    return await found;
  } catch (error) {
    goneWithout.add(`Skipped, because ${program.name} is not on this machine: ${(error as Error).message}`);
    return context.skip();
  }
}

async function findOrInstall(program: Program): Promise<string> {
  const there = find(program);
  if (there) return there;
  const remedy = `put ${program.commands[0]} on the PATH${program.variable ? `, or its path into ${program.variable}` : ''}`;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) throw new Error(remedy);

  console.log(`      installing ${program.debianPackage} by apt-get`);
  await aptGet('update').catch(() => undefined); // An older list of packages may do.
  await aptGet('install', '-y', '--no-install-recommends', program.debianPackage).catch((error: Error) => {
    throw new Error(`${remedy}; apt-get could not install ${program.debianPackage} (${error.message.split('\n')[0]})`);
  });
  const installed = find(program);
  if (!installed) throw new Error(`${remedy}; Debian's ${program.debianPackage} brought none`);
  return installed;
}

function find({ variable, commands }: Program): string | undefined {
  const named = variable && process.env[variable];
  const places = (process.env.PATH ?? '').split(delimiter);
  const paths = commands.flatMap((command) => places.map((place) => join(place, command)));
  return [...(named ? [named] : []), ...paths].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function aptGet(...args: string[]): Promise<string> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return runBounded({ command: 'apt-get', args: ['-q', ...args], boundMs: INSTALL_MS, env });
}
