import type { TaskStatus } from '../fragment/schema.js';

/** The step that a task stands for. All fields are sent each time, so merging and replacing servers agree. */
export interface TaskContent {
  process: string;
  step: string;
  round: number;
  fields: Record<string, unknown>;
  /** ISO 8601 in UTC. */
  due?: string;
  /** Said to the people who get the task. */
  comment?: string;
}

export interface OpenTask extends TaskContent {
  /** Invariant: the uid is made from it. */
  key: string;
  /** `STARTED` keeps people from taking a task that a machine works on; `DONE` records what a machine has done. */
  status?: TaskStatus;
  /** The workflow was reset, so an earlier run may have made the task. */
  mayExist?: boolean;
}

export interface MoveTask extends TaskContent {
  uid: string;
  status?: TaskStatus;
}

/** A task that is created and forgotten, or brought to what is said of it here. */
export interface UpsertTask {
  /** Invariant: the uid is made from it. */
  key: string;
  fields: Record<string, unknown>;
  due?: string;
}

export interface UpsertedTask {
  uid: string;
  /** Why Fragment does not take it. Absent where the task is there, as it should be. */
  refused?: string;
}

export interface ReassignTask {
  uid: string;
  email: string;
  comment: string;
  /** The task may be theirs already. */
  look?: boolean;
}
