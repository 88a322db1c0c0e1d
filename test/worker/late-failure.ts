/** Starts a worker of which the last part fails, as a program of one's own would: Temporal refuses its account's name. */
import { loadConfig } from '../../worker/config.js';
import { startWorker } from '../../worker/main.js';

const config = loadConfig();
const accounts = config.accounts.map((account) => ({ ...account, name: 'x'.repeat(2_000) }));
await startWorker({ ...config, accounts }, 'all').catch((error: Error) => {
  // Temporal's own errors keep the reason in their cause.
  const { message } = error.cause instanceof Error ? error.cause : error;
  console.error(`error: ${message}`);
  process.exitCode = 1;
});
