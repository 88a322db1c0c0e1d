/** Starts a worker of which the last part fails, as a program of one's own would: Temporal refuses its account's name. */
import { loadConfig } from '../../worker/config.js';
import { startWorker } from '../../worker/main.js';

const config = loadConfig();
const accounts = config.accounts.map((account) => ({ ...account, name: 'x'.repeat(2_000) }));
await startWorker({ ...config, accounts }, 'all').catch((error: Error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
