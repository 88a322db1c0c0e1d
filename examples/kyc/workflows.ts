export * from '../../workflows/index.js';
export { kycReview } from './workflow.js';
