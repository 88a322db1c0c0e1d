/** Single tasks: creation, PATCH, PUT, comments, deletion. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '../schema.js';
import { taskIn } from './own-tasks.js';
import { cannotTell, isRefusal, type Finding, type Probe, type ProbeContext } from './probe.js';
import type { Answer } from './wire.js';

const DUPLICATE = [403, 409, 422];

export const TASK_PROBES: Probe[] = [
  {
    name: 'error shape',
    question: 'What does the body of an error look like?',
    requests: 1,
    async run({ wire, tasks }) {
      const answer = await wire.ask('GET', `/tasks/${tasks.newUid()}`);
      if (!isRefusal(answer.status)) return { errorShape: cannotTell(`a missing task was answered ${answer.status}`) };
      return { errorShape: shapeOf(answer.data) };
    },
  },
  {
    name: 'POST twice',
    question: 'What does POST answer for a uid that exists?',
    requests: 2,
    async run({ wire, tasks }) {
      const { uid } = await tasks.create();
      const answer = await wire.ask('POST', '/tasks', { body: { uid, fields: tasks.fields() } });
      if (DUPLICATE.includes(answer.status)) return { duplicatePost: { value: String(answer.status) } };
      if (isRefusal(answer.status)) return { duplicatePost: cannotTell(`it was answered ${answer.status}`) };
      const task = taskIn(answer, 'POST of a uid that exists');
      if (task.uid === uid) return { duplicatePost: { value: 'upsert' } };
      tasks.adopt(task.uid);
      return { duplicatePost: cannotTell('it made a second task, with a uid of its own') };
    },
  },
  {
    name: 'fields of PATCH and PUT',
    question: 'Do PATCH and PUT merge `fields`, or replace them?',
    requests: 3,
    async run({ wire, tasks }) {
      const { uid } = await tasks.create({ fields: tasks.fields({ first: 1 }) });
      const patched = await tasks.patch(uid, { fields: tasks.fields({ second: 2 }) });
      const put = await wire.ask('PUT', `/tasks/${uid}`, { body: { fields: tasks.fields({ third: 3 }) } });
      return {
        fieldsOnPatch: mergeOf(taskIn(patched, 'PATCH').fields, 'first', 'second'),
        fieldsOnPut: mergeOf(taskIn(put, 'PUT').fields, 'second', 'third'),
      };
    },
  },
  {
    name: 'form_data of PATCH',
    question: 'Does a task without a form take `form_data`, and does PATCH merge it, or replace it?',
    requests: 3,
    async run({ tasks }) {
      const { uid } = await tasks.create();
      const before = await tasks.patch(uid, { form_data: { first: 1 } });
      if (isRefusal(before.status))
        return {
          formDataWithoutForm: refusedOr('', before),
          formDataOnPatch: cannotTell(`form_data without a form was answered ${before.status}`),
        };
      const formDataWithoutForm = { value: 'allow' };
      if (taskIn(before, 'PATCH').form_data?.['first'] !== 1)
        return { formDataWithoutForm, formDataOnPatch: cannotTell('form_data was taken, and is not shown') };
      const after = await tasks.patch(uid, { form_data: { second: 2 } });
      return {
        formDataWithoutForm,
        formDataOnPatch: mergeOf(taskIn(after, 'PATCH').form_data, 'first', 'second'),
      };
    },
  },
  {
    name: 'done, again, put, and back',
    question:
      'Does DONE stamp done_at, does the same PATCH again move updated_at, does PUT without status reopen, and does PATCH to TODO, clearing done_at?',
    requests: 6,
    async run({ wire, tasks }) {
      const { uid } = await tasks.create();
      const done = taskIn(await tasks.patch(uid, { status: 'DONE' }), 'PATCH to DONE');
      await tick(done.updated_at);
      const again = taskIn(await tasks.patch(uid, { status: 'DONE' }), 'PATCH to DONE');
      const put = taskIn(await wire.ask('PUT', `/tasks/${uid}`, { body: { fields: tasks.fields() } }), 'PUT');
      if (put.status !== 'DONE') await tasks.patch(uid, { status: 'DONE' });
      const back = await tasks.patch(uid, { status: 'TODO' });
      const after = isRefusal(back.status) ? undefined : taskIn(back, 'PATCH to TODO');
      const reopened = after && after.status !== 'DONE' && done.done_at ? after : undefined;
      return {
        reopening: after ? { value: after.status === 'DONE' ? 'ignore' : 'allow' } : refusedOr('', back),
        doneAtOnReopen: reopened
          ? { value: reopened.done_at ? 'keep' : 'clear' }
          : cannotTell('no task with a done_at was opened again'),
        automaticTimestamps: { value: Boolean(done.done_at) },
        noopTouches: touched(done, again),
        putResetsStatus:
          put.status === 'DONE' || put.status === 'TODO'
            ? { value: put.status === 'TODO' }
            : cannotTell(`the status became ${put.status}`),
      };
    },
  },
  {
    name: 'no title',
    question: 'May a task be created without a title?',
    requests: 1,
    async run({ wire, tasks }) {
      const uid = tasks.newUid();
      tasks.adopt(uid);
      const answer = await wire.ask('PUT', `/tasks/${uid}`, { body: { status: 'DONE', fields: {} } });
      if (isRefusal(answer.status)) tasks.gone(uid);
      return { missingTitle: refusedOr('allow', answer) };
    },
  },
  {
    name: 'unknown keys',
    question: 'Is a top-level key that no task has ignored?',
    requests: 2,
    async run({ tasks }) {
      const { uid } = await tasks.create();
      return { unknownKeys: refusedOr('ignore', await tasks.patch(uid, { status: 'DONE', flows_probe: 1 })) };
    },
  },
  {
    name: 'null',
    question: 'Does null clear a native field?',
    requests: 3,
    async run({ tasks }) {
      const { uid } = await tasks.create();
      const set = await tasks.patch(uid, { external_created_at: '2020-02-02T02:02:02.000Z' });
      if (!taskIn(set, 'PATCH').external_created_at)
        return { nullClears: cannotTell('external_created_at was taken, and is not shown') };
      const cleared = await tasks.patch(uid, { external_created_at: null });
      if (isRefusal(cleared.status)) return { nullClears: refusedOr('', cleared) };
      return { nullClears: { value: taskIn(cleared, 'PATCH').external_created_at ? 'ignore' : 'clear' } };
    },
  },
  {
    name: 'comment',
    question: "What is the key of a comment's text?",
    requests: 9,
    run: commentKey,
  },
  {
    name: 'DELETE',
    question: 'What does DELETE answer?',
    requests: 2,
    async run({ wire, tasks }) {
      const { uid } = await tasks.create({ status: 'DONE' });
      const { status } = await wire.ask('DELETE', `/tasks/${uid}`);
      if (status < 300) tasks.gone(uid);
      const known = status === 200 || status === 204;
      return { deleteStatus: known ? { value: status } : cannotTell(`it was answered ${status}`) };
    },
  },
];

async function commentKey({ wire, tasks, commentKey: configured }: ProbeContext): Promise<Record<string, Finding>> {
  const { uid } = await tasks.create();
  const text = 'flows probe: which key is it?';
  const candidates = new Set([configured, 'content', 'text', 'body', 'comment', 'message', 'value']);
  let empty: Answer | undefined;
  for (const key of candidates) {
    const answer = await wire.ask('POST', `/tasks/${uid}/comments`, { body: { [key]: text } });
    if (isRefusal(answer.status)) continue;
    if (JSON.stringify(answer.data ?? '').includes(text)) return { commentKey: { value: key } };
    // Taken, but not echoed: it may have been ignored. A body without any text tells.
    empty ??= await wire.ask('POST', `/tasks/${uid}/comments`, { body: {} });
    if (isRefusal(empty.status)) return { commentKey: { value: key, note: 'the answer does not show the text' } };
  }
  return { commentKey: cannotTell(`none of ${[...candidates].join(', ')} was recognised`) };
}

function shapeOf(data: unknown): Finding {
  if (data === undefined || data === null || data === '') return { value: 'empty' };
  if (typeof data === 'string') return { value: /^\s*</.test(data) ? 'html' : 'text' };
  for (const shape of ['detail', 'message']) if (Object.hasOwn(Object(data), shape)) return { value: shape };
  return cannotTell(`JSON with the keys ${Object.keys(Object(data)).join(', ')}`);
}

function mergeOf(after: Record<string, unknown> | null | undefined, kept: string, sent: string): Finding {
  if (after?.[sent] === undefined) return cannotTell('what was sent is not shown');
  return { value: after[kept] === undefined ? 'replace' : 'merge' };
}

function touched(before: Task, after: Task): Finding {
  if (!before.updated_at || !after.updated_at) return cannotTell('no updated_at is shown');
  return { value: before.updated_at !== after.updated_at };
}

/** So long that a clock of its resolution shows another time. */
async function tick(date: string | null | undefined): Promise<void> {
  await sleep(/\.\d{3}/.test(date ?? '') ? 5 : 1_100);
}

function refusedOr(accepted: string, { status }: Answer): Finding {
  if (status < 300) return { value: accepted };
  return status === 422 ? { value: '422' } : cannotTell(`it was answered ${status}`);
}
