import { loadConfig, ROLES, runWorker, workflowsAt } from '../../worker/index.js';
import { refundProcess } from './definition.js';

const [, , wanted = 'all'] = process.argv;
const role = ROLES.find((each) => each === wanted);
if (!role) throw new Error(`there is no role ${wanted}: it is one of ${ROLES.join(', ')}`);

const { BANK_URL: url = '', BANK_TOKEN: token = '' } = process.env;
// A gateway reads what people answered, and asks no bank.
if (role !== 'gateway' && !(url && token)) throw new Error('BANK_URL and BANK_TOKEN are not set');

await runWorker(loadConfig(), role, {
  workflows: workflowsAt(new URL('./workflows.js', import.meta.url)),
  processes: [refundProcess({ url, token })],
});
