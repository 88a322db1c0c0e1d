/** Every workflow type of the worker: ours, which keep the tasks going, and yours. */
export * from '../../workflows/index.js';
export { refund } from './workflow.js';
