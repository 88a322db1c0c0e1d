import type { Client } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { needsAttentionKey } from '../workflows/tasks/contract.js';

const EVERY_MS = 30_000;
const ANSWER_MS = 5_000;
const PARKED = `${needsAttentionKey.name} = true AND ExecutionStatus = 'Running'`;

/**
 * Shows Prometheus how many processes wait for an operator, by a count from Temporal twice a minute. Each gateway shows
 * the same, whether it sends or stands by. Answers how to stop.
 */
export function watchAttention(temporal: Client, log: Logger): () => void {
  const gauge = Runtime.instance().metricMeter.createGauge(
    'flows_needs_attention',
    'int',
    undefined,
    'Running processes with a step that an operator has to settle',
  );
  let failing = false;
  const look = async (): Promise<void> => {
    try {
      const { count } = await temporal.withDeadline(Date.now() + ANSWER_MS, () => temporal.workflow.count(PARKED));
      gauge.set(count);
      failing = false;
    } catch (error) {
      // Once, and not twice a minute: an alert on a figure that is not there keeps silent.
      const said = 'Temporal does not count the processes that need attention: flows_needs_attention is old or absent';
      log[failing ? 'debug' : 'warn']({ err: error }, said);
      failing = true;
    }
  };
  void look();
  const looking = setInterval(() => void look(), EVERY_MS);
  looking.unref();
  return () => clearInterval(looking);
}
