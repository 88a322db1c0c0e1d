import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface Frame {
  title: string;
  body: Html;
  /** Whom the visitor plays, and whom else there is to play. */
  person: string;
  people: readonly string[];
  /** The page's own path, to come back to. */
  path: string;
  /** What is wrong with Fragment at the moment, if anything. */
  faults?: Html | undefined;
  /** What has just been done. */
  said?: string | undefined;
  error?: string | undefined;
  /** What the page listens to, and which version of it this is: page-events.ts. */
  watch: string;
  version: string;
}

/**
 * The frame of every page. An element with `data-live` and an id is replaced by the script when something has changed, unless
 * somebody is typing in it; without script nothing moves, and everything works.
 */
export function layout(frame: Frame): Html {
  const { title, body, path, said, error, faults } = frame;
  const here = (to: string): Html => (path.split('?')[0] === to ? html`aria-current="page"` : html``);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/inbox.css" />
        <script type="module" src="/inbox.js"></script>
        <title>${title} · Inbox</title>
      </head>
      <body data-path="${path}" data-watch="${frame.watch}" data-version="${frame.version}">
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <div class="brand">Inbox <span class="tag">sandbox, not Fragment</span></div>
          <nav aria-label="Pages">
            <a href="/" ${here('/')}>Tasks</a> <a href="/faults" ${here('/faults')}>Faults</a>
          </nav>
          <span id="connection" class="quiet"></span>
          ${picker(frame)}
        </header>
        <section id="outage" aria-label="What is wrong with Fragment" aria-live="polite" data-live>
          ${faults ?? ''}
        </section>
        <main id="content" tabindex="-1">
          <h1>${title}</h1>
          ${error ? html`<p class="notice error" role="alert">${error}</p>` : ''}
          ${said ? html`<p class="notice" role="status">${said}</p>` : ''}
          <div id="changed" role="status"></div>
          ${body}
        </main>
        <footer>
          <p>
            This is a local stand-in, not Fragment. It follows Fragment's public documentation; whatever that leaves
            open is a guess, and a named switch where a client was seen to depend on it (<a href="/_sandbox/behaviour"
              >the switches as they stand</a
            >, <a href="/_sandbox/stats">requests so far</a>). It has no queues, routing, skills, cases, forms, users,
            roles, metrics, webhooks or attachments, and imitates no load; the queues on these pages are the tasks' own
            fields, and the forms are the sandbox's. It asks for no password: anybody who reaches this address is
            anybody. Payments go to a pretend ledger. All times are UTC.
          </p>
        </footer>
      </body>
    </html>`;
}

const picker = ({ person, people, path }: Frame): Html => html`
  <form class="person" method="post" action="/person">
    <input type="hidden" name="back" value="${path}" />
    <label for="person">You are</label>
    <select id="person" name="person">
      ${[...new Set([person, ...people])].toSorted().map((name) => option(name, name === person))}
      <option value="">somebody else…</option>
    </select>
    <button>Switch</button>
  </form>
`;

const option = (name: string, chosen: boolean): Html =>
  html`<option value="${name}" ${chosen ? html`selected` : ''}>${name}</option>`;
