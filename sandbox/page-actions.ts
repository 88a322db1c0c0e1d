import { z } from 'zod';
import { readAnswer, type Typed } from './page-answer.js';
import { show } from './page-text.js';
import { Refusal } from './refusal.js';
import type { StoredTask, TaskWrite } from './task-shape.js';
import type { TaskStore } from './tasks.js';

/** Nothing was changed. `status` is the HTTP status of the page that says why. */
export class NotDone extends Error {
  constructor(
    readonly status: 409 | 422,
    message: string,
  ) {
    super(message);
  }
}

interface Sent {
  store: TaskStore;
  task: StoredTask;
  by: string;
  typed: Typed;
}

/** What the page says when it was done, and the doing: it throws NotDone, or has done all of it. */
export interface Action {
  said: string;
  act(sent: Sent): void;
}

export const ACTIONS: Record<string, Action> = {
  start: {
    said: 'Started: the task is yours.',
    act(sent) {
      mustBe(sent.task, 'TODO', 'started');
      write(sent, { status: 'STARTED', assignee_email: sent.by });
    },
  },
  pause: {
    said: 'Paused: it is to do again, and stays with its assignee.',
    act(sent) {
      mustBe(sent.task, 'STARTED', 'paused');
      write(sent, { status: 'TODO' });
    },
  },
  finish: {
    said: 'Finished.',
    act(sent) {
      const { task, typed } = sent;
      if (task.status === 'DONE')
        throw new NotDone(409, 'This task was finished meanwhile by somebody else; nothing was changed.');
      // A single task moves from step to step: an approval must not be given with the form of the review.
      if (
        typed.step !== undefined &&
        (typed.step !== show(task.fields.step) || typed.round !== show(task.fields.round))
      )
        throw new NotDone(409, 'This task has moved on to another step meanwhile; nothing was changed.');
      const read = readAnswer(task.fields.step, typed);
      if ('problem' in read) throw new NotDone(422, `${read.problem} Nothing was changed.`);
      write(sent, { status: 'DONE', assignee_email: sent.by, form_data: read.answer });
    },
  },
  reassign: {
    said: 'Reassigned.',
    act(sent) {
      const email = sent.typed.assignee?.trim() ?? '';
      if (sent.task.status === 'DONE') throw new NotDone(409, 'A finished task keeps its assignee; reopen it first.');
      if (email && !z.email().safeParse(email).success)
        throw new NotDone(422, `Reassign: "${email}" is not an e-mail address. Nothing was changed.`);
      write(sent, { assignee_email: email || null });
    },
  },
  reopen: {
    said: 'Reopened: it is to do again.',
    act(sent) {
      mustBe(sent.task, 'DONE', 'reopened');
      write(sent, { status: 'TODO' });
      if (sent.store.get(sent.task.uid)?.status === 'DONE')
        throw new NotDone(409, 'The task stays done: the switch `reopening` has this left out. Nothing was changed.');
    },
  },
  archive: { said: 'Archived.', act: (sent) => write(sent, { archived: true }) },
  unarchive: { said: 'No longer archived.', act: (sent) => write(sent, { archived: false }) },
  comment: {
    said: 'Commented.',
    act({ store, task, by, typed }) {
      const text = typed.comment?.trim();
      if (!text) throw new NotDone(422, 'New comment: write something first.');
      store.comment(task.uid, text, by);
    },
  },
  delete: { said: 'Deleted.', act: ({ store, task, by }) => void store.delete(task.uid, by) },
};

function mustBe(task: StoredTask, status: StoredTask['status'], done: string): void {
  if (task.status !== status)
    throw new NotDone(409, `Only a task that is ${status} can be ${done}, and this one is ${task.status} by now.`);
}

function write({ store, task, by }: Sent, change: TaskWrite): void {
  try {
    store.apply('PATCH', { uid: task.uid, ...change }, by);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const reasons = error.problems.map(({ msg }) => msg).join('; ') || error.message;
    throw new NotDone(409, `The sandbox refuses that: ${reasons}. Nothing was changed.`);
  }
}
