import { readFile } from 'node:fs/promises';
import type { Sandbox } from '../../sandbox/server.js';
import { round } from '../section.js';
import { cpuSeconds } from '../temporal.js';

/** What happened between two moments, and how large the processes were at its end. */
export interface Phase {
  seconds: number;
  /** To Fragment, of whatever kind; and of which. */
  requests: number;
  byEndpoint: Record<string, number>;
  /** Seconds of processor time. */
  cpu: { worker: number; server: number };
  /** Resident, in MB; the worker's peak is since its start. */
  mb: { worker: number; workerPeak: number; server: number };
}

interface Watched {
  server: number;
  worker: number;
  sandbox: Sandbox;
}

export class Phases {
  constructor(private readonly watched: Watched) {}

  async of(work: () => Promise<unknown>): Promise<Phase> {
    const { server, worker } = this.watched;
    const before = await this.snapshot();
    await work();
    const after = await this.snapshot();
    const [mbOfWorker, mbOfServer] = await Promise.all([memoryMb(worker), memoryMb(server)]);
    const kinds = Object.entries(after.byEndpoint).map(([kind, count]) => [
      kind,
      count - (before.byEndpoint[kind] ?? 0),
    ]);
    return {
      seconds: round((after.at - before.at) / 1000),
      requests: after.requests - before.requests,
      byEndpoint: Object.fromEntries(kinds.filter(([, count]) => count !== 0)) as Record<string, number>,
      cpu: {
        worker: round(after.workerCpu - before.workerCpu),
        server: round(after.serverCpu - before.serverCpu),
      },
      mb: { worker: mbOfWorker.now, workerPeak: mbOfWorker.peak, server: mbOfServer.now },
    };
  }

  private async snapshot() {
    const { server, worker, sandbox } = this.watched;
    const [serverCpu, workerCpu] = await Promise.all([cpuSeconds(server), cpuSeconds(worker)]);
    const { requests, byEndpoint } = sandbox.stats();
    return { at: performance.now(), requests, byEndpoint, serverCpu, workerCpu };
  }
}

/** NaN where /proc does not tell. */
async function memoryMb(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const of = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { now: of('VmRSS'), peak: of('VmHWM') };
}
