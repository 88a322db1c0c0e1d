import { html } from 'hono/html';
import type { Html } from './page-layout.js';
import type { TaskStore } from './tasks.js';

type Detail = NonNullable<ReturnType<TaskStore['detail']>>;

export const show = (value: unknown): string =>
  typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value);

/** One task: what it asks, the forms that are possible now, and what happened to it. */
export function taskPage({ task, comments, history }: Detail, assignee: string, error?: string): Html {
  const rows = Object.entries(task.fields).map(([key, value]) => row(key, value));
  return html`
    <p><a href="/">All open tasks</a></p>
    ${error ? html`<p class="error" role="alert">${error}</p>` : ''}
    <p>
      Status <strong id="status">${task.status}</strong>${assignee ? ` · ${assignee}` : ''} · due ${show(task.due_at)}
    </p>
    ${task.status === 'DONE' ? '' : forms(task.uid, task.status, task.fields.step, assignee)}
    <h2>Fields</h2>
    <table>
      <tbody>
        ${rows} ${row('uid', task.uid)} ${row('form_data', task.form_data)}
      </tbody>
    </table>
    <h2>Comments</h2>
    ${comments.length === 0 ? html`<p class="quiet">None.</p>` : ''}
    ${comments.map((comment) => html`<p><span class="quiet">${comment.at} · ${comment.by}</span><br />${comment.content}</p>`)}
    <h2>History</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col">Status</th>
        </tr>
      </thead>
      <tbody>
        ${history.map(
          (event) =>
            html`<tr>
              <td>${event.at}</td>
              <td>${event.by}</td>
              <td>${event.what} ${event.changes.join(', ')}</td>
              <td>${event.status}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  `;
}

const row = (key: string, value: unknown): Html =>
  html`<tr>
    <th scope="row">${key}</th>
    <td>${show(value)}</td>
  </tr>`;

function forms(uid: string, status: string, step: unknown, assignee: string): Html {
  const who = (id: string): Html =>
    html`<p>
      <label for="${id}">Your e-mail</label>
      <input id="${id}" name="by" type="email" required value="${assignee || 'you@example.com'}" />
    </p>`;
  const start = html`<form method="post" action="/tasks/${uid}/start">${who('start-by')}<button>Start</button></form>`;
  return html`${status === 'TODO' ? start : ''}
    <form method="post" action="/tasks/${uid}/finish">
      ${who('finish-by')} ${answer(step)}<button>Finish</button>
    </form>`;
}

function answer(step: unknown): Html {
  if (step === 'payment') {
    return html`<p><label for="reference">Payment reference</label><input id="reference" name="reference" /></p>`;
  }
  if (step !== 'review' && step !== 'approval') return html``;
  return html`<p>
      <label for="decision">Decision</label>
      <select id="decision" name="decision">
        <option value="approve">Approve</option>
        <option value="reject">Reject</option>
        <option value="request_info">Request information</option>
      </select>
    </p>
    <p><label for="note">Note</label><textarea id="note" name="note" rows="3"></textarea></p>`;
}
