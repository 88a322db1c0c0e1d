import { spawn } from 'node:child_process';

export interface BoundedCommand {
  command: string;
  args: string[];
  boundMs: number;
  env: NodeJS.ProcessEnv;
}

/**
 * Runs a command to its end and answers what it printed; one that does not end in time is killed with all it started,
 * because installers and downloads behind a silent firewall hang rather than fail.
 */
export function runBounded({ command, args, boundMs, env }: BoundedCommand): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that what the command started dies with it.
    const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const killGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group is gone already, which is what was wanted.
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup();
    }, boundMs);
    process.once('exit', killGroup);
    const settled = (): void => {
      clearTimeout(timer);
      process.off('exit', killGroup);
    };
    child.once('error', (error) => {
      settled();
      reject(new Error(`cannot run ${command}: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      settled();
      if (timedOut) reject(new Error(`${command} did not end within ${boundMs / 1000} s`));
      else if (code === 0) resolve(stdout);
      else reject(new Error(`${command} ended with ${signal ?? `code ${code}`}: ${lastLines(stderr || stdout)}`));
    });
  });
}

/** The end of an output is where the reason stands; the rest would bury it. */
export function lastLines(output: string, lines = 3): string {
  return output.trim().split('\n').slice(-lines).join(' | ').slice(-600) || 'it printed nothing';
}
