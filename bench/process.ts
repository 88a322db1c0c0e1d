import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Role } from '../worker/role.js';
import { startOwned, type OwnedProcess } from '../worker/embedded/owned-process.js';

/** Built, as this is, or the source. */
const CLI = fileURLToPath(new URL(`../cli/main${extname(import.meta.url)}`, import.meta.url));

/** `flows worker --role ROLE` as a process of its own, which does not outlive this one; `main`: a module that leads to the CLI's. */
export function startWorkerProcess(role: Role, environment: Record<string, string>, main = CLI): Promise<OwnedProcess> {
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  // `env` becomes the worker, so that the pid is the worker's.
  const loader = main.endsWith('.ts') ? ['--import', 'tsx'] : [];
  return startOwned('env', [...settings, process.execPath, ...loader, main, 'worker', '--role', role]);
}

/** Resident memory in MB. */
export async function residentMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)], { timeout: 10_000 });
  return Number(stdout) / 1024;
}
