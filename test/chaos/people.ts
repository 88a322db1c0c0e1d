import { chance } from '../../sandbox/team-rule.js';
import type { StoredTask } from '../../sandbox/task-shape.js';
import type { TaskStore } from '../../sandbox/tasks.js';
import type { Scripted, TeamOptions } from '../../sandbox/team.js';
import { pick } from './plan.js';

/** What becomes of a task in people's hands, and how often. */
const WAYS = {
  plainly: 58,
  wrongly: 9,
  emptily: 3,
  /** TODO to DONE, never started. */
  straight: 7,
  /** Started, put back, started again. */
  paused: 7,
  /** Taken over by another who finishes it. */
  handedOver: 6,
  /** Finished, reopened, finished once more, perhaps otherwise. */
  reopened: 6,
  /** Fields edited that are ours: the title, and where the news of it should go. */
  edited: 4,
};

const OTHERS = ['eve.martin@example.com', 'finn.berg@example.com', 'gita.rao@example.com'];

/** How people work under chaos: the same task, step, round and attempt meets the same treatment in every run of a seed. */
export function chaoticTeam(seed: number, storeOf: () => TaskStore): TeamOptions {
  return { seed, thinkMs: [100, 1_500], standIns: OTHERS, decide };

  function decide(task: StoredTask, attempt: number): Scripted | undefined {
    const dice = (salt: string) =>
      chance(seed, salt, task.fields.claim_id, task.fields.step, task.fields.round, attempt);
    const way = attempt > 2 ? 'plainly' : pick(WAYS, dice('way'));
    const when = Math.round(100 + 2_000 * dice('when'));
    const by = other(task);
    const patch = (change: object, ms: number, from: string, who = by) =>
      later(task, ms, from, () => storeOf().apply('PATCH', { uid: task.uid, ...change }, who));
    switch (way) {
      case 'wrongly':
        return { form_data: { decision: 'perhaps' } };
      case 'emptily':
        return { form_data: {} };
      case 'straight':
        patch({ status: 'DONE', assignee_email: by, form_data: answer(task, dice('answer')) }, when, 'TODO');
        return { skip: true };
      case 'paused':
        patch({ status: 'TODO' }, when / 2, 'STARTED');
        return { delayMs: when };
      case 'handedOver':
        patch({ assignee_email: by }, when / 2, 'STARTED');
        patch({ status: 'DONE', form_data: answer(task, dice('answer')) }, when, 'STARTED');
        return { delayMs: when };
      case 'reopened':
        patch({ status: 'TODO' }, 500 + 3 * when, 'DONE');
        return { decision: answer(task, dice('answer')).decision, delayMs: 400 };
      case 'edited':
        patch({ fields: { ...task.fields, title: 'edited', workflow_id: 'claim-of-nobody' } }, when / 2, 'STARTED');
        return { delayMs: when };
      default:
        // Who approves what they have reviewed is refused, and would insist for ever: another one takes over.
        return attempt > 2 ? { by } : undefined;
    }
  }

  /** Another one for each step of a claim. */
  function other({ fields }: StoredTask): string {
    const first = Math.floor(chance(seed, 'other', fields.claim_id) * OTHERS.length);
    const step = ['review', 'approval'].indexOf(String(fields.step)) + 1;
    return OTHERS[(first + step) % OTHERS.length]!;
  }

  function answer(task: StoredTask, dice: number): { decision?: string } {
    const decides = task.fields.step === 'review' || task.fields.step === 'approval';
    return decides ? { decision: pick({ approve: 8, reject: 1, request_info: 1 }, dice) } : {};
  }

  /** Unless somebody was faster, or the task has moved on. */
  function later(task: StoredTask, ms: number, from: string, act: () => void): void {
    const place = ({ fields: { step, round } }: StoredTask) => `${String(step)}#${String(round)}`;
    setTimeout(() => {
      const now = storeOf().get(task.uid);
      if (now?.status === from && place(now) === place(task)) act();
    }, ms);
  }
}
