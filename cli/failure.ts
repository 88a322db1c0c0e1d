import { NamespaceNotFoundError } from '@temporalio/client';
import { CommanderError } from 'commander';
import { InputError, TemporalConfigError } from '../client/index.js';
import { PayloadKeysError } from '../codec/keys.js';
import { ConfigError } from '../worker/config.js';
import { CliError, exitWith, note } from './output.js';

/** What a person at the prompt mends, in what they typed or in their environment. */
const USAGE = [InputError, ConfigError, TemporalConfigError, PayloadKeysError];

/** The last stop of every error: one line on standard error and an exit code; stacks only where DEBUG is set. */
export function reportFailure(error: unknown): void {
  if (error instanceof CommanderError) {
    // Commander has printed it already; help and version come this way too, with code 0.
    if (error.exitCode !== 0) exitWith(2);
    return;
  }
  note(process.env.DEBUG && error instanceof Error ? inDepth(error) : `error: ${messageOf(error)}`);
  if (error instanceof CliError) return exitWith(error.exitCode);
  exitWith(USAGE.some((kind) => error instanceof kind) ? 2 : 1);
}

/** Its stack, and those of what caused it: no other property, since headers with a token may be among them. */
function inDepth(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by: ${inDepth(error.cause)}` : stack;
}

/** What Temporal says of a search attribute that its namespace does not know. */
const NOT_REGISTERED = /no mapping defined for search attribute/;
/** What the SDK says of a payload that a codec wrote, where it has none. */
const ENCRYPTED = 'Unknown encoding: binary/encrypted';

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof NamespaceNotFoundError) return `${error.message}; create it, or set TEMPORAL_NAMESPACE`;
  if (error.message === ENCRYPTED)
    return 'what Temporal keeps is encrypted, and cannot be read here: set PAYLOAD_KEYS as the workers have it';
  // Temporal's ServiceError says "Failed to ..." and keeps the reason in its cause.
  const cause = error.name === 'ServiceError' && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message + cause + (NOT_REGISTERED.test(cause) ? '; register it: flows setup' : '');
}
