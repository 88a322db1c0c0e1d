import { NamespaceNotFoundError } from '@temporalio/client';
import { CommanderError } from 'commander';
import { InputError, TemporalConfigError } from '../client/index.js';
import { CliError, exitWith, note } from './output.js';

/** The last stop of every error: one line on standard error and an exit code; the stack only where DEBUG is set. */
export function reportFailure(error: unknown): void {
  if (error instanceof CommanderError) {
    // Commander has printed it already; help and version come this way too, with code 0.
    if (error.exitCode !== 0) exitWith(2);
    return;
  }
  note(process.env.DEBUG && error instanceof Error ? (error.stack ?? error.message) : `error: ${messageOf(error)}`);
  if (error instanceof CliError) return exitWith(error.exitCode);
  exitWith(error instanceof InputError || error instanceof TemporalConfigError ? 2 : 1);
}

/** What Temporal says of a search attribute that its namespace does not know. */
const NOT_REGISTERED = /no mapping defined for search attribute/;

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof NamespaceNotFoundError) return `${error.message}; create it, or set TEMPORAL_NAMESPACE`;
  // Temporal's ServiceError says "Failed to ..." and keeps the reason in its cause.
  const cause = error.name === 'ServiceError' && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message + cause + (NOT_REGISTERED.test(cause) ? '; register it: flows setup' : '');
}
