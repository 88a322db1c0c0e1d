import { html } from 'hono/html';
import { answerFields, type Typed, typedWords } from './page-answer.js';
import type { Html } from './page-layout.js';
import { processOf, queueAddress, stepName, stepOf } from './page-queues.js';
import { history } from './page-history.js';
import { manage } from './page-manage.js';
import { assigneeOf, badge, isOverdue, show, titleOf, when } from './page-text.js';
import type { StoredTask } from './task-shape.js';
import type { TaskStore } from './tasks.js';

type Detail = NonNullable<ReturnType<TaskStore['detail']>>;

export interface TaskView {
  person: string;
  temporalUi?: string | undefined;
  /** What came with an answer that was refused: it is not lost. */
  typed?: Typed | undefined;
}

/** One task: what it asks, what can be done with it now, and what happened to it. */
export function taskPage({ task, comments, history: events }: Detail, store: TaskStore, view: TaskView): Html {
  const now = store.now();
  const assignee = assigneeOf(task, store);
  return html`
    <div id="facts" data-live>
      <p class="facts">
        <span id="status" data-status="${task.status}">${badge(task)}</span>
        <span
          ><a id="to-queue" href="${queueAddress(processOf(task), stepOf(task))}">${stepName(stepOf(task))}</a
          >${task.fields.round ? html`, round ${show(task.fields.round)}` : ''}</span
        >
        <span>${assignee || 'assigned to nobody'}</span>
        <span class="${isOverdue(task, now) ? 'late' : ''}">due ${when(task.due_at, now)}</span>
      </p>
      ${links(task, view.temporalUi)}
    </div>
    <div class="with-aside">
      <div>
        ${fields(task)}
        <div id="answer" data-live>
          ${task.status === 'DONE' ? answered(task, view) : answerForm(task, assignee, view)}
        </div>
        <section aria-labelledby="comments-title">
          <h2 id="comments-title">Comments</h2>
          <div id="comments" data-live>
            ${comments.length === 0 ? html`<p class="quiet">None.</p>` : ''}
            ${comments.map(
              (comment) =>
                html`<article class="comment">
                  <p class="quiet">${comment.by} · ${when(comment.at, now)}</p>
                  <p class="text">${comment.content}</p>
                </article>`,
            )}
          </div>
          <form method="post" action="/tasks/${task.uid}/comment">
            <div class="field">
              <label for="comment">New comment</label
              ><textarea id="comment" name="comment" rows="2" required></textarea>
            </div>
            <button>Comment</button>
          </form>
        </section>
        ${history(events, now)}
      </div>
      <div>${siblings(task, store)} ${manage(task, view.person)}</div>
    </div>
  `;
}

function links(task: StoredTask, temporalUi: string | undefined): Html {
  const { url, workflow_id: workflow } = task.fields;
  const outside = isWebAddress(url)
    ? html`<a href="${url}" rel="noreferrer" id="to-url">Open ${new URL(url).host}</a>`
    : '';
  const temporal =
    temporalUi && typeof workflow === 'string'
      ? html`<a href="${temporalUi}/workflows/${encodeURIComponent(workflow)}" rel="noreferrer" id="to-temporal"
          >Workflow in Temporal</a
        >`
      : '';
  return outside || temporal ? html`<p class="links">${outside} ${temporal}</p>` : html``;
}

/** Anything else, `javascript:` above all, stays text. */
const isWebAddress = (value: unknown): value is string =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

function answerForm(task: StoredTask, assignee: string, { person, typed }: TaskView): Html {
  const other = task.status === 'STARTED' && assignee && assignee !== person;
  return html`<form
    method="post"
    action="/tasks/${task.uid}/finish"
    aria-labelledby="answer-title"
    ${typed ? html`data-typed` : ''}
  >
    <h2 id="answer-title">Your answer</h2>
    ${other ? html`<p class="hint">${assignee} has started this. Finishing it makes you, ${person}, the one who did.</p>` : ''}
    <input type="hidden" name="step" value="${show(task.fields.step)}" />
    <input type="hidden" name="round" value="${show(task.fields.round)}" />
    ${answerFields(task.fields.step, task.form_data ?? {}, typed)}
    <button class="primary">Finish</button>
    ${
      task.status === 'TODO'
        ? html`<button formaction="/tasks/${task.uid}/start" formnovalidate>Start</button>`
        : html`<button formaction="/tasks/${task.uid}/pause" formnovalidate>Pause</button>`
    }
  </form>`;
}

const answered = (task: StoredTask, { typed }: TaskView): Html => {
  const given = Object.entries(task.form_data ?? {});
  const unsent = typedWords(typed ?? {});
  return html`<section class="panel" aria-labelledby="answer-title" ${unsent.length > 0 ? html`data-typed` : ''}>
    <h2 id="answer-title">Answer</h2>
    ${given.length === 0 ? html`<p class="quiet">Finished without an answer.</p>` : pairs(given)}
    ${
      unsent.length > 0
        ? html`<h3>What you had typed, not sent</h3>
            <p class="text">${unsent.join('\n')}</p>`
        : ''
    }
  </section>`;
};

const fields = (task: StoredTask): Html => html`
  <section aria-labelledby="fields-title">
    <h2 id="fields-title">Fields</h2>
    <div id="fields" data-live>
      ${pairs([...Object.entries(task.fields).filter(([key]) => key !== 'title'), ['uid', task.uid]])}
    </div>
  </section>
`;

const pairs = (entries: [string, unknown][]): Html => html`
  <dl class="pairs">
    ${entries.map(
      ([key, value]) =>
        html`<div>
          <dt>${key}</dt>
          <dd>${show(value)}</dd>
        </div>`,
    )}
  </dl>
`;

/** The other tasks of the same process: who reviewed it is what the approver wants to know. */
function siblings(task: StoredTask, store: TaskStore): Html {
  const workflow = task.fields.workflow_id;
  const others = workflow
    ? store.all().filter((other) => other.fields.workflow_id === workflow && other.uid !== task.uid)
    : [];
  return html`<section id="siblings" data-live aria-label="Same process">
    ${others.length > 0 ? html`<h2>Same process</h2>` : ''}
    ${others.map(
      (other) =>
        html`<p class="sibling">
          <a id="task-${other.uid}" href="/tasks/${other.uid}">${titleOf(other)}</a><br />
          ${badge(other)} <span class="quiet">${assigneeOf(other, store)}</span>
        </p>`,
    )}
  </section>`;
}
