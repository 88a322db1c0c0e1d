import { html } from 'hono/html';
import type { Html } from './page-layout.js';
import type { StoredTask } from './task-shape.js';

/** What can be done with a task besides working on it. */
export function manage(task: StoredTask, person: string): Html {
  const button = (action: string, label: string): Html =>
    html`<form class="bare" method="post" action="/tasks/${task.uid}/${action}">
      <button id="do-${action}">${label}</button>
    </form>`;
  return html`<section aria-labelledby="manage-title">
    <h2 id="manage-title">Manage</h2>
    <div id="manage" data-live class="manage">
      ${task.status === 'DONE' ? button('reopen', 'Reopen') : reassign(task.uid, person)}
      ${task.archived ? button('unarchive', 'Unarchive') : button('archive', 'Archive')}
      <details>
        <summary>Delete…</summary>
        <p class="hint">Comments and history go with it. A process that waits for this task creates it again.</p>
        ${button('delete', 'Delete for good')}
      </details>
    </div>
  </section>`;
}

const reassign = (uid: string, person: string): Html => html`
  <form class="bare" method="post" action="/tasks/${uid}/reassign">
    <label for="assignee">Reassign to</label>
    <div class="row">
      <input id="assignee" name="assignee" type="email" placeholder="${person}" aria-describedby="assignee-hint" />
      <button>Reassign</button>
    </div>
    <p class="hint" id="assignee-hint">An e-mail address; empty for nobody.</p>
  </form>
`;
