/** `flows` as a person or a script runs it: a process of its own, with an environment of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { built } from '../built.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const root = fileURLToPath(new URL('../../', import.meta.url));

export interface FlowsOptions {
  env?: Record<string, string>;
  /** What it reads on standard input. */
  input?: string;
  /** Where it is run; the repository where nothing is said. */
  cwd?: string;
  /** Run from its source, in the place of the built command line. */
  program?: string;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunningFlows {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Waits until it has printed this, on either stream; rejects where it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  stop(signal: NodeJS.Signals): Promise<Ended>;
}

/** Runs a command to its end. */
export function flows(args: string[], options: FlowsOptions = {}): Promise<Ended> {
  return startFlows(args, options).ended;
}

export function startFlows(
  args: string[],
  { env = {}, input = '', cwd = root, program }: FlowsOptions = {},
): RunningFlows {
  // Nothing of this shell's own settings, nor a temporal.toml in its home: what the command is told stands in the test.
  const { PATH, HOME } = process.env;
  const run = program ? ['--import', tsx, join(root, program)] : [join(built(), 'cli', 'main.js')];
  const child = spawn(process.execPath, [...run, ...args], {
    cwd,
    env: { PATH, HOME, XDG_CONFIG_HOME: '/nonexistent', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  // A command that does not read its input closes the pipe, which is no failure.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);

  let over = false;
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    over = true;
    process.off('exit', kill);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, ...said };
  });
  return {
    child,
    ended,
    async printed(pattern) {
      for (;;) {
        const found = pattern.exec(said.stdout) ?? pattern.exec(said.stderr);
        if (found) return found;
        if (over) throw new Error(`flows ${args.join(' ')} ended without ${pattern}:\n${said.stdout}${said.stderr}`);
        await sleep(50);
      }
    },
    stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
