import { existsSync } from 'node:fs';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** What is wrong with `TEMPORAL_*` or `temporal.toml`: where, never with any of its text, which may be a key. */
export class TemporalConfigError extends Error {
  override readonly name = 'TemporalConfigError';
}

type ConnectConfig = ReturnType<typeof loadClientConnectConfig>;

/**
 * Where Temporal is and how it knows us, by `TEMPORAL_*` and `temporal.toml`: for clients and workers alike, whose rooms
 * share no other. What the loader or gRPC would answer with a secret in the message, or take for another server, is refused.
 * @throws TemporalConfigError
 */
export function connectConfig(env: NodeJS.ProcessEnv = process.env): ConnectConfig {
  const variables = withoutBlanks(env);
  const file = variables.TEMPORAL_CONFIG_FILE;
  if (file && !existsSync(file)) {
    // The loader goes on without it: to the server on this machine, and without TLS.
    throw new TemporalConfigError(`TEMPORAL_CONFIG_FILE: there is no file ${file}; mend its path, or unset it`);
  }
  const config = load(variables, file ?? 'temporal.toml');
  const { apiKey, metadata = {} } = config.connectionOptions as { apiKey?: string; metadata?: Record<string, string> };
  // gRPC's own errors quote what no header may hold; Temporal's core sends nothing in its place.
  if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey)) {
    const place = variables.TEMPORAL_API_KEY ? 'TEMPORAL_API_KEY' : `api_key in ${file ?? 'temporal.toml'}`;
    throw new TemporalConfigError(
      `${place}: is empty, or holds a blank, a line break or another character that no API key has: set the key alone`,
    );
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[ -~]*$/.test(value)) {
      throw new TemporalConfigError(
        `the gRPC header ${name} (TEMPORAL_GRPC_META_*, or grpc_meta in ${file ?? 'temporal.toml'}): ` +
          'holds a line break or another character that no header may hold',
      );
    }
  }
  return config;
}

/** A blank one counts as absent, as in all of our own variables; of the loader's, a blank header takes that header away. */
function withoutBlanks(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const blank = (name: string) => name.startsWith('TEMPORAL_') && !name.startsWith('TEMPORAL_GRPC_META_');
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => value !== '' || !blank(name)));
}

function load(variables: NodeJS.ProcessEnv, file: string): ConnectConfig {
  try {
    return loadClientConnectConfig({ overrideEnvVars: variables as Record<string, string> });
  } catch (error) {
    const { message, codeblock, line, column } = error as Error & {
      codeblock?: string;
      line?: number;
      column?: number;
    };
    // Of a file without any profile it is a TypeError.
    if (error instanceof TypeError || /^Profile .* not found/.test(message)) {
      const { TEMPORAL_PROFILE: named } = variables;
      const why = named ? ', which TEMPORAL_PROFILE names' : ': settings stand below it';
      throw new TemporalConfigError(`${file} has no [profile.${named ?? 'default'}]${why}`);
    }
    if (codeblock === undefined) throw error;
    // The parser's message quotes the lines about the mistake, and so would its error as a cause.
    throw new TemporalConfigError(
      `${file} is not valid TOML (line ${line}, column ${column}); what stands there may be a key and is not shown`,
    );
  }
}
