import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Tests make activities fail on purpose: Temporal says errors alone. Its runtime is one for a process; one that is there stays. */
export function quiet(): void {
  const logging = { filter: { core: 'ERROR', other: 'ERROR' } as const, forward: {} };
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}
