import { loadConfig, runWorker, workflowsAt } from '../../../worker/index.js';

await runWorker(loadConfig(), 'processes', { workflows: workflowsAt(new URL('./workflows.js', import.meta.url)) });
