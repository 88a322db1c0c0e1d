import { randomUUID } from 'node:crypto';
import type { FragmentClientOptions } from '../client.js';
import { FragmentAuthError } from '../errors.js';
import type { Gateway } from '../gateway.js';
import { ACCESS_PROBES } from './access-probes.js';
import { BATCH_PROBES } from './batch-probes.js';
import { LIST_PROBES } from './list-probes.js';
import { OwnTasks } from './own-tasks.js';
import { cannotTell, type Finding, type OnlyIf, type Probe, type ProbeContext } from './probe.js';
import { TASK_PROBES } from './task-probes.js';
import { Wire } from './wire.js';

/** Batches and single tasks first: the lists are asked about the tasks that they leave. */
export const PROBES: readonly Probe[] = [...BATCH_PROBES, ...TASK_PROBES, ...LIST_PROBES, ...ACCESS_PROBES];

export interface Probed {
  name: string;
  question: string;
  requests: number;
  findings: Record<string, Finding>;
}

export interface ProbeReport {
  probed: Probed[];
  /** What was found out, as `flows sandbox --behaviour` takes it; what could not be told is not in it. */
  profile: Record<string, unknown>;
  requests: number;
  /** In the titles of the tasks that were made. */
  run: string;
  closed: string[];
  /** To be closed by hand. */
  leftOpen: string[];
}

export interface ProbeOptions extends FragmentClientOptions {
  /** What is probed only where it is wanted. */
  also?: readonly OnlyIf[];
  told?: (probed: Probed) => void;
  /** Once it aborts, no further probe begins. What was made is closed all the same. */
  interrupted?: AbortSignal;
}

/**
 * Asks an account what Fragment's documentation leaves open, by tasks of its own alone, and closes them. A probe that
 * fails says so in its findings, and stops no other, unless the token is no longer taken: then nothing more is asked.
 */
export async function runProbes(gateway: Pick<Gateway, 'request'>, options: ProbeOptions): Promise<ProbeReport> {
  const { cursorParam = 'cursor', commentKey = 'content', also = [] } = options;
  const wanted = PROBES.filter(({ onlyIf }) => !onlyIf || also.includes(onlyIf));
  const run = randomUUID().slice(0, 8);
  const wire = new Wire(gateway, options);
  const tasks = new OwnTasks(wire, run);
  const on: ProbeContext = { wire, tasks, known: {}, cursorParam, commentKey };
  const probed: Probed[] = [];
  let refused: FragmentAuthError | undefined;
  const ask = async (probe: Probe): Promise<void> => {
    if (options.interrupted?.aborted) return;
    const before = wire.requests;
    const failed = (error: Error) => {
      if (error instanceof FragmentAuthError) refused = error;
      return { [probe.name]: cannotTell(error.message) };
    };
    const findings = refused ? failed(refused) : await probe.run(on).catch(failed);
    const { name, question } = probe;
    const done = { name, question, requests: wire.requests - before, findings };
    for (const [key, finding] of Object.entries(findings)) if ('value' in finding) on.known[key] = finding.value;
    probed.push(done);
    options.told?.(done);
  };
  try {
    for (const probe of wanted) if (probe.onlyIf !== 'rate') await ask(probe);
  } finally {
    await tasks.close();
  }
  // Nothing can be closed after it for a minute.
  for (const probe of wanted) if (probe.onlyIf === 'rate') await ask(probe);
  return { probed, profile: on.known, requests: wire.requests, run, closed: tasks.closed, leftOpen: tasks.open };
}
