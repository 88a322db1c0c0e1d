import { execFile } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { findTemporal } from '../worker/embedded/temporal.js';

const run = promisify(execFile);

/** Where the figures were measured. */
export interface Machine {
  cpu: string;
  memory: string;
  system: string;
  node: string;
  temporal: string;
  commit: string;
}

export async function describeMachine(): Promise<Machine> {
  const [first] = cpus();
  return {
    cpu: `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
    temporal: await firstLine(await findTemporal(), ['--version']),
    commit: await firstLine('git', ['describe', '--always', '--dirty']),
  };
}

async function firstLine(command: string, args: string[]): Promise<string> {
  try {
    const { stdout } = await run(command, args, { timeout: 15_000 });
    return stdout.trim().split('\n')[0] ?? '';
  } catch {
    return 'unknown';
  }
}
