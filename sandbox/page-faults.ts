import { html } from 'hono/html';
import { z } from 'zod';
import { UNTIL_CLEARED, type Fault, type FaultInput, type Faults } from './faults.js';
import type { Counter } from './limiter.js';
import type { Html } from './page-layout.js';

interface Trouble {
  label: string;
  hint: string;
  fault: FaultInput;
}

const TROUBLES = {
  storm: { label: '429 Too Many Requests', hint: 'Every request is refused.', fault: { kind: 'status', status: 429 } },
  unavailable: {
    label: '503 Service Unavailable',
    hint: 'A gateway answers in its place, with a web page.',
    fault: { kind: 'status', status: 503, html: true },
  },
  lost: {
    label: 'Lost answers',
    hint: 'The request is carried out, and the connection breaks before the answer.',
    fault: { kind: 'lost-answer' },
  },
  drop: {
    label: 'Dropped connections',
    hint: 'The connection breaks; nothing is carried out.',
    fault: { kind: 'drop' },
  },
  delay: { label: 'Slow', hint: 'Every answer takes five seconds longer.', fault: { kind: 'delay', delayMs: 5_000 } },
  half: { label: 'Half a batch', hint: 'Half of a batch is carried out, then 500.', fault: { kind: 'half-batch' } },
} satisfies Record<string, Trouble>;

const PLACES = { fragment: "Fragment's API", payments: 'The payments ledger' };

const keys = <T extends object>(table: T): [keyof T, ...(keyof T)[]] => Object.keys(table) as [keyof T, ...(keyof T)[]];

const formSchema = z.object({
  trouble: z.enum(keys(TROUBLES), 'Choose what goes wrong.'),
  place: z.enum(keys(PLACES)).default('fragment'),
  times: z
    .string()
    .regex(/^([1-9]\d{0,5})?$/, 'For how many requests: a whole number below a million.')
    .default(''),
});

/** Takes Fragment away as the form says; or says what is wrong with the form. */
export function takeAway(faults: Faults, sent: Record<string, string>): string | undefined {
  const { data, error } = formSchema.safeParse(sent);
  if (!data) return error.issues.map((issue) => issue.message).join(' ');
  if (data.trouble === 'half' && data.place === 'payments') return 'The payments ledger knows no batches.';
  faults.add({
    ...TROUBLES[data.trouble].fault,
    times: Number(data.times) || UNTIL_CLEARED,
    match: data.place === 'payments' ? { path: '/payments*' } : {},
  });
  return undefined;
}

/** What every page says while something is wrong. */
export const outage = ({ waiting }: Faults): Html | undefined =>
  waiting.length === 0
    ? undefined
    : html`<div class="outage">
        <p>${waiting.map((fault) => html`<span>${words(fault)}</span> `)}</p>
        <form class="bare" method="post" action="/faults/clear"><button id="bring-back">Bring it back</button></form>
      </div>`;

export function faultsPage(faults: Faults, counter: Counter, limit: number, openTasks: number): Html {
  const busy = counter.lastMinute();
  return html`
    <p>
      Take Fragment away while processes are under way, and bring it back: nothing is lost. Writes wait with Temporal,
      and whoever works on this page can go on meanwhile, as people could in Fragment's own app.
    </p>
    <dl class="figures" id="figures" data-live>
      <div>
        <dt>Requests in the last minute</dt>
        <dd><strong>${busy}</strong> of ${limit} allowed</dd>
      </div>
      <div>
        <dt>Answered with 429 so far</dt>
        <dd><strong>${counter.s429}</strong></dd>
      </div>
      <div>
        <dt>Faults met so far</dt>
        <dd><strong>${faults.taken}</strong></dd>
      </div>
      <div>
        <dt>Open tasks</dt>
        <dd><strong>${openTasks}</strong></dd>
      </div>
    </dl>
    <form method="post" action="/faults" aria-labelledby="away-title">
      <h2 id="away-title">Take it away</h2>
      <fieldset>
        <legend>What goes wrong</legend>
        ${Object.entries(TROUBLES).map(
          ([key, { label, hint }], index) =>
            html`<label class="choice"
              ><input type="radio" name="trouble" value="${key}" required ${index === 0 ? html`checked` : ''} />
              <strong>${label}</strong> <span class="hint">${hint}</span></label
            >`,
        )}
      </fieldset>
      <fieldset>
        <legend>Where</legend>
        ${Object.entries(PLACES).map(
          ([key, label], index) =>
            html`<label class="choice"
              ><input type="radio" name="place" value="${key}" ${index === 0 ? html`checked` : ''} /> ${label}</label
            >`,
        )}
      </fieldset>
      <div class="field">
        <label for="times">For how many requests</label>
        <input
          id="times"
          name="times"
          type="number"
          min="1"
          max="999999"
          inputmode="numeric"
          aria-describedby="times-hint"
        />
        <p class="hint" id="times-hint">Empty: until you bring it back.</p>
      </div>
      <button class="primary">Take it away</button>
    </form>
  `;
}

function words(fault: Fault): string {
  const place = fault.match.path?.startsWith('/payments') ? 'The payments ledger' : 'Fragment';
  const { method, path, uid } = fault.match;
  const scope = [method, path, uid && `task ${uid}`].filter(Boolean).join(' ');
  const only = scope && fault.match.path !== '/payments*' ? ` (${scope})` : '';
  const left =
    fault.times > 1_000_000
      ? ''
      : fault.times === 1
        ? ', for the next request'
        : `, for the next ${fault.times} requests`;
  return `${place}${only} ${happening(fault)}${left}.`;
}

function happening({ kind, status, delayMs }: Fault): string {
  switch (kind) {
    case 'status':
      return `answers ${status}`;
    case 'delay':
      return `takes ${delayMs / 1_000} s longer`;
    case 'lost-answer':
      return 'loses its answers';
    case 'half-batch':
      return 'breaks off in the middle of a batch';
    default:
      return 'drops connections';
  }
}
