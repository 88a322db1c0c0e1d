import { html } from 'hono/html';
import type { Html } from './page-layout.js';
import { when } from './page-text.js';
import type { TaskEvent } from './tasks.js';

/** Everything that happened to a task, newest first: who, when, what changed. */
export const history = (events: readonly TaskEvent[], now: number): Html => html`
  <section aria-labelledby="history-title">
    <h2 id="history-title">History</h2>
    <ol id="history" class="history" data-live>
      ${events.toReversed().map(
        (event) =>
          html`<li>
            <span class="quiet">${when(event.at, now)}</span>
            <strong>${event.by === 'api' ? 'the API' : event.by}</strong>
            ${words(event)}
          </li>`,
      )}
    </ol>
  </section>
`;

function words(event: TaskEvent): string {
  if (event.what !== 'updated') return `${event.what} ${event.what === 'commented' ? '' : 'the task'}`;
  const step = typeof event.step === 'string' ? ` (step ${event.step})` : '';
  const seen: Record<string, string> = {
    status: `status → ${event.status}`,
    assignee_uid: `assignee → ${event.assignee ?? 'nobody'}`,
    fields: `fields${step}`,
  };
  // The dates that follow from a status say nothing of their own.
  const told = event.changes.filter((name) => !/_at$/.test(name) || name === 'due_at');
  return told.length > 0 ? told.map((name) => seen[name] ?? name).join(', ') : event.changes.join(', ');
}
