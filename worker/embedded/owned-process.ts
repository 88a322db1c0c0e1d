import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { lastLines } from './bounded-command.js';

export interface OwnedProcess {
  pid: number;
  /** Rejects, with the end of the output, when the process ends before it was stopped. */
  died: Promise<never>;
  /** However it ends. */
  ended: Promise<Exit>;
  alive(): boolean;
  /** What it has printed so far (the end of it). */
  output(): string;
  stop(): Promise<void>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * Starts a process that does not outlive this one, however this one ends: an 'exit' handler covers ordinary ends, and
 * a watchdog holding a pipe from us covers a signal or kill -9, where no handler runs.
 */
export async function startOwned(command: string, args: string[]): Promise<OwnedProcess> {
  // A group of its own: Ctrl-C reaches us alone, so workers can drain while the server still answers.
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keepTail = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout.on('data', keepTail);
  child.stderr.on('data', keepTail);
  await once(child, 'spawn');
  const pid = child.pid!;

  const watchdog = spawn('/bin/sh', ['-c', `read -r _; kill -9 ${pid} 2>/dev/null`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => undefined); // Without a shell the 'exit' handler still stands.
  watchdog.stdin.on('error', () => undefined);
  watchdog.unref();
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref(); // Or the pipe would keep us running.

  // A forgotten server must not keep its owner running for ever; the 'exit' handler then ends it too.
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref();

  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);

  let stopping = false;
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  const ended = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', killNow);
      watchdog.kill('SIGKILL');
      resolve({ code, signal });
    });
  });
  const died = new Promise<never>((_resolve, reject) => {
    child.once('close', (code, signal) => {
      if (!stopping) reject(new Error(`${command} ended with ${signal ?? `code ${code}`}: ${reason(output)}`));
    });
  });
  died.catch(() => undefined); // Whoever waits for it hears of it; nobody has to.

  const stop = async (): Promise<void> => {
    stopping = true;
    if (alive()) child.kill('SIGTERM');
    const force = setTimeout(killNow, 5_000);
    await ended;
    clearTimeout(force);
  };
  return { pid, died, ended, alive, output: () => output, stop };
}

/** A Go panic tells the reason first and then prints pages of stack. */
function reason(output: string): string {
  const panic = output.split('\n').find((line) => line.startsWith('panic:'));
  return panic ?? lastLines(output, 6);
}
