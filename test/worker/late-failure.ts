/** Starts a worker of which the last part fails, as the command does it: Temporal refuses the name of its account. */
import { reportFailure } from '../../cli/failure.js';
import { loadConfig } from '../../worker/config.js';
import { startWorker } from '../../worker/main.js';

const config = loadConfig();
const accounts = config.accounts.map((account) => ({ ...account, name: 'x'.repeat(2_000) }));
await startWorker({ ...config, accounts }, 'all').catch(reportFailure);
