import type { OwnTasks } from './own-tasks.js';
import type { Wire } from './wire.js';

/** What was found out about a switch, or why nothing was. */
export type Finding = { value: unknown; note?: string } | { unknown: string };

export interface ProbeContext {
  wire: Wire;
  tasks: OwnTasks;
  /** What earlier probes have found. */
  known: Record<string, unknown>;
  /** What the deployment has configured: tried first. */
  cursorParam: string;
  commentKey: string;
}

export type OnlyIf = 'rate' | 'user-agent';

/** One question of those that Fragment's documentation leaves open. */
export interface Probe {
  name: string;
  question: string;
  /** At most. */
  requests: number;
  /** Not asked unless it is wanted: it does something that an account may be blocked for, or that slows others down. */
  onlyIf?: OnlyIf;
  /** Switches of the sandbox, by name. */
  run(on: ProbeContext): Promise<Record<string, Finding>>;
}

export const cannotTell = (why: string): Finding => ({ unknown: why });

export const isRefusal = (status: number): boolean => status >= 400 && status < 500;

/** Refused for what was asked; any other refusal may be about who asks, or where. */
export const isRefusalOfContent = (status: number): boolean => status === 400 || status === 422;
