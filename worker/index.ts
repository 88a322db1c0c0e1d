/** What a worker of yours is made of: `runWorker(loadConfig(), 'all', { workflows, processes })`. */
export { runWorker, startWorker, type RunningWorker, type WorkerParts } from './main.js';
export { ROLES, type Role } from './role.js';
export { loadConfig, ConfigError, type Config, type ConfigVariable } from './config.js';
export { bundleOptions, workflowsAt, type WorkflowSource } from './bundle.js';
export { type ProcessDefinition, type SearchAttribute } from './process-definition.js';
export { claimProcess, onboardingProcess } from './own-processes.js';
export { SearchAttributeError, registerSearchAttributes } from './search-attributes.js';
export type { FormSchema, FormSchemas } from '../workflows/tasks/form.js';
