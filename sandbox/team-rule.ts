import { createHash } from 'node:crypto';
import type { StoredTask } from './task-shape.js';

export interface Work {
  by: string;
  form_data: Record<string, unknown>;
}

const DECISIONS = ['approve', 'reject', 'request_info'];

/** A number in [0, 1) that depends on nothing but its arguments, so that the order in which tasks come changes no answer. */
export function chance(...parts: unknown[]): number {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}

/** What identifies a piece of work for the dice: the same claim, step and round get the same answer in every run. */
export function identity(task: StoredTask): unknown[] {
  const { claim_id, step, round } = task.fields;
  return [claim_id ?? task.uid, step, round ?? 1];
}

/** The answer of an ordinary day: reviews 82 % approve, 10 % ask back (once), 8 % reject; approvals 95 % and 5 %. */
export function ordinaryAnswer(seed: unknown, task: StoredTask): Record<string, unknown> {
  const dice = chance(seed, 'answer', ...identity(task));
  switch (task.fields.step) {
    case 'review': {
      const round = Number(task.fields.round ?? 1);
      if (dice < 0.82) return { decision: 'approve', note: 'Documents are complete.' };
      if (dice >= 0.92) return { decision: 'reject', note: 'Not covered.' };
      return round > 1
        ? { decision: 'approve', note: 'Complete now.' }
        : { decision: 'request_info', note: 'The invoice is not legible.' };
    }
    case 'approval':
      return dice < 0.95
        ? { decision: 'approve', note: 'Within budget.' }
        : { decision: 'reject', note: 'Above the limit.' };
    case 'payment':
      return { reference: `SBX-${Math.floor(chance(seed, 'reference', ...identity(task)) * 1e9)}` };
    default:
      return {};
  }
}

/** Whether a process would take this answer; tells a scripted wrong answer from one that may be repeated. */
export function isValidAnswer(step: unknown, answer: Record<string, unknown>): boolean {
  if (step !== 'review' && step !== 'approval') return true;
  return typeof answer['decision'] === 'string' && DECISIONS.includes(answer['decision']);
}
