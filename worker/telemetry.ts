import { IllegalStateError } from '@temporalio/common';
import {
  Runtime,
  makeTelemetryFilterString,
  type LogLevel,
  type LogMetadata,
  type MetricsExporterConfig,
  type RuntimeOptions,
} from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import { FEED_DELAY } from '../activities/feed-delivery.js';
import type { Config } from './config.js';
import { LATENCY_BUCKETS, WRITE_LATENCY } from './gateway-metrics.js';
import { logFields } from './log-fields.js';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Temporal's warning about a worker that has no workflows: the gateway's has none on purpose. */
const ACTIVITIES_ALONE = 'No workflows registered';

let installed: Logger | undefined;

/** Without Temporal's runtime, which nothing ends in a process that has no worker. */
export function openLog({ LOG_LEVEL: level }: Pick<Config, 'LOG_LEVEL'>): Logger {
  return pino(
    { level, redact: { paths: ['token', 'config', '*.token', '*.headers'], censor: '[secret]' } },
    pino.destination({ fd: 2, sync: true }),
  );
}

export interface TelemetryOptions {
  /** The signals that stop every worker; absent: SIGINT, SIGTERM, SIGQUIT and SIGUSR2, as Temporal has it. */
  shutdownSignals?: NodeJS.Signals[];
}

/**
 * One logger for ours and Temporal's lines, on standard error: standard output belongs to `--json`. With METRICS_PORT, one
 * endpoint for our figures and the SDK's, on every address, because whoever scrapes it is elsewhere; nothing else is to be read there.
 */
export function installTelemetry(
  { LOG_LEVEL: level, METRICS_PORT: port }: Config,
  { shutdownSignals }: TelemetryOptions = {},
): Logger {
  if (installed) return installed;
  const logger = openLog({ LOG_LEVEL: level });
  const at = (severity: LogLevel) => (message: string, fields?: LogMetadata) =>
    logger[message.startsWith(ACTIVITIES_ALONE) ? 'debug' : LEVELS[severity]](logFields(fields ?? {}), message);
  const inForce = install(port, {
    ...(shutdownSignals ? { shutdownSignals } : {}),
    logger: {
      log: (severity, message, fields) => at(severity)(message, fields),
      trace: at('TRACE'),
      debug: at('DEBUG'),
      info: at('INFO'),
      warn: at('WARN'),
      error: at('ERROR'),
    },
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(port ? { metrics: metricsOn(port) } : {}),
    },
  });
  if (!inForce) {
    const metrics = port ? '; METRICS_PORT is not served' : '';
    logger.warn(`this process had set up Temporal's runtime already: its lines go where that sends them${metrics}`);
  }
  installed = logger;
  return logger;
}

/** False where whoever embeds the worker, or tests it, has set the runtime up: one process has one. */
function install(port: number | undefined, options: RuntimeOptions): boolean {
  try {
    Runtime.install(options);
    return true;
  } catch (cause) {
    if (cause instanceof IllegalStateError) return false;
    if (!port || !/prometheus/.test(String(cause))) throw cause;
    throw new Error(`METRICS_PORT: port ${port} cannot be listened on: choose another`, { cause });
  }
}

function metricsOn(port: number): MetricsExporterConfig {
  const histogramBucketOverrides = { [WRITE_LATENCY]: LATENCY_BUCKETS, [FEED_DELAY]: LATENCY_BUCKETS };
  return { prometheus: { bindAddress: `0.0.0.0:${port}`, histogramBucketOverrides } };
}
