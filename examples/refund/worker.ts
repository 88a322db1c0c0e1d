import { loadConfig, runWorker, workflowsAt } from '../../worker/index.js';
import { refundProcess } from './definition.js';

const { BANK_URL: url, BANK_TOKEN: token } = process.env;
if (!url || !token) throw new Error('BANK_URL and BANK_TOKEN are not set');

await runWorker(loadConfig(), 'all', {
  workflows: workflowsAt(new URL('./workflows.js', import.meta.url)),
  processes: [refundProcess({ url, token })],
});
