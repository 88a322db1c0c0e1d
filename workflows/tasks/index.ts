/** The kit for workflow code: a process whose steps people do in Fragment tasks. No node:, no zod; it goes into your bundle. */
export { TaskProcess, type Ending, type ProcessOptions } from './process.js';
export { type KeywordKey } from './listing.js';
export { TaskSteps, isExhausted } from './steps.js';
export { type MachineStep, type Person, type PersonStep, type StepResult } from './step.js';
export { failureType, type FragmentTaskOptions } from './fragment-task.js';
export { type Deadline } from './deadline.js';
export { Saga } from './saga.js';
export * from './contract.js';
