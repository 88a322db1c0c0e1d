import { ConfigError, loadConfig, type Config, type ConfigVariable } from '../worker/config.js';
import { CliError } from './output.js';

/** The environment's settings; a bad one is wrong usage. */
export function settings(env: NodeJS.ProcessEnv, needs: readonly ConfigVariable[]): Config {
  try {
    return loadConfig(env, needs);
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, 2, { cause: error });
    throw error;
  }
}
