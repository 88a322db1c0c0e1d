/** Every name and type of the onboarding process: create and forget. Plain data only (see tasks/contract). */
export const ONBOARDING_WORKFLOW = 'onboarding';
export const onboardingWorkflowId = (userId: string): string => `onboarding-${userId}`;

type Fields = Record<string, string | number | boolean>;

/** One task, or several: each key of `fields` is pushed into the task, for the people who onboard to see. */
export type Onboarding = OneTask | SeveralTasks;

interface Shared {
  userId: string;
  /** The Fragment account that gets the tasks; absent: the default one. */
  account?: string;
}

export interface OneTask extends Shared {
  fields: Fields;
  title?: string;
  url?: string;
}

export interface SeveralTasks extends Shared {
  tasks: OnboardingTask[];
}

export interface OnboardingTask {
  /** Tells the tasks of one user apart; the same key twice is one task. */
  key: string;
  title: string;
  fields?: Fields;
  url?: string;
}

export interface OnboardingResult {
  userId: string;
  /** Of the one task, where one was asked for. */
  uid?: string;
  /** The tasks that exist in Fragment now, by their keys. */
  tasks: { key: string; uid: string }[];
  /** Those that Fragment does not take. */
  refused: { key: string; uid: string; reason: string }[];
}
