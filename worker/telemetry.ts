import { Runtime, makeTelemetryFilterString, type LogLevel, type LogMetadata } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import type { Config } from './config.js';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Temporal's warning about a worker that has no workflows: the gateway's has none on purpose. */
const ACTIVITIES_ALONE = 'No workflows registered';

let installed: Logger | undefined;

/** One logger for ours and Temporal's lines, on standard error: standard output belongs to `--json`. */
export function installTelemetry({ LOG_LEVEL: level }: Config): Logger {
  if (installed) return installed;
  const logger = pino(
    { level, redact: { paths: ['token', 'config', '*.token', '*.headers'], censor: '[secret]' } },
    pino.destination({ fd: 2, sync: true }),
  );
  const at = (severity: LogLevel) => (message: string, fields?: LogMetadata) =>
    logger[message.startsWith(ACTIVITIES_ALONE) ? 'debug' : LEVELS[severity]]({ ...fields }, message);
  Runtime.install({
    logger: {
      log: (severity, message, fields) => at(severity)(message, fields),
      trace: at('TRACE'),
      debug: at('DEBUG'),
      info: at('INFO'),
      warn: at('WARN'),
      error: at('ERROR'),
    },
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} } },
  });
  installed = logger;
  return logger;
}
