/** Every name and type of the onboarding process: create and forget. Plain data only (see tasks/contract). */
export const ONBOARDING_WORKFLOW = 'onboarding';
export const onboardingWorkflowId = (userId: string): string => `onboarding-${userId}`;

export interface Onboarding {
  userId: string;
  /** What the people who onboard need to see, by name; each key is pushed into the task's fields. */
  fields: Record<string, string | number | boolean>;
  title?: string;
  url?: string;
  /** The Fragment account that gets the task; absent: the default one. */
  account?: string;
}

export interface OnboardingResult {
  userId: string;
  uid: string;
}
