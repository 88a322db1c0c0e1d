import { messageOf } from './failure.js';

export interface Finding {
  what: string;
  /** `warning`: works, but not as it should in production. */
  verdict: 'ok' | 'warning' | 'failure';
  said: string;
  remedy?: string;
}

/** A question that Temporal refuses, or does not answer in time, is a finding too, and no end of the others. */
export function unanswered(what: string, error: unknown): Finding {
  // What is no failure of a call says itself what to do.
  const call = error instanceof Error && (error.name === 'ServiceError' || 'code' in error);
  const remedy = call ? 'see whether Temporal answers, and lets this identity ask' : undefined;
  return { what, verdict: 'failure', said: messageOf(error), remedy };
}
