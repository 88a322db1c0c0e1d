import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Client } from '@temporalio/client';
import { connect } from '../client/index.js';
import { openTracing } from '../worker/tracing.js';
import { CliError, note } from './output.js';

/** Runs with a Temporal client, and closes it whatever happens, so that the command can end. */
export async function withTemporal<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT } = process.env;
  const tracing = await openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT }, note);
  const temporal = await connect();
  try {
    return await use(temporal.client);
  } finally {
    await temporal.close();
    await tracing?.flush();
  }
}

/** For messages. */
export const inputName = (file: string): string => (file === '-' ? 'standard input' : file);

/** A file's text; `-` is standard input. */
export async function readInput(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a directory' : (error as Error).message;
    throw new CliError(`${file}: cannot be read: ${why}`, 2, { cause: error });
  }
}
