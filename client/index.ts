/** What backend code imports: start claims and onboardings, read them, steer them. */
export { Claims, type ListedClaim, type StartClaim, type StartedClaim, type Steering } from './claims.js';
export { Onboardings } from './onboarding.js';
export { connect, connectLazily, type Connected } from './connect.js';
export { executeUpdate } from './execute-update.js';
export { startOnce, type Start } from './start-once.js';
export { calendar, type WorkingHours } from './working-hours.js';
export { claimFromFhir } from './fhir.js';
export { describeProblem, readClaims, type ClaimFile, type FileClaim, type FileProblem } from './claim-file.js';
export { parseJson } from './json-records.js';
export { feedRuns, pokeFeed, webhookApp, type Poke, type WebhookAnswer, type WebhookOptions } from './webhook.js';
export * from './errors.js';
export { TemporalConfigError } from '../codec/connect-config.js';
export {
  DEFAULT_POLICY,
  type Claim,
  type ClaimOutcome,
  type ClaimPolicy,
  type ClaimResult,
  type ClaimState,
  type ClaimStep,
  type Money,
} from '../workflows/claim/contract.js';
export type { Onboarding, OnboardingResult } from '../workflows/onboarding/contract.js';
export type {
  Answer,
  ChangeDue,
  CompleteStep,
  Lifecycle,
  OperatorVerb,
  Reassign,
} from '../workflows/tasks/contract.js';
