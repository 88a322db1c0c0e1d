import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const style = html`<style>
  :root {
    color-scheme: light dark;
    --line: light-dark(#d4d4d8, #3f3f46);
    --quiet: light-dark(#52525b, #a1a1aa);
    --accent: light-dark(#1d4ed8, #93c5fd);
    --panel: light-dark(#f4f4f5, #27272a);
  }
  body {
    font:
      1rem/1.5 system-ui,
      sans-serif;
    max-width: 60rem;
    margin: 0 auto;
    padding: 1rem;
  }
  a {
    color: var(--accent);
  }
  table {
    border-collapse: collapse;
    width: 100%;
    margin-bottom: 1.5rem;
  }
  th,
  td {
    text-align: left;
    padding: 0.35rem 0.6rem;
    border-bottom: 1px solid var(--line);
    vertical-align: top;
    overflow-wrap: anywhere;
  }
  form {
    background: var(--panel);
    border: 1px solid var(--line);
    border-radius: 0.4rem;
    padding: 0.8rem 1rem;
    margin: 0 0 1rem;
  }
  form p {
    margin: 0 0 0.6rem;
  }
  label {
    display: block;
  }
  input,
  select,
  textarea {
    font: inherit;
    width: 100%;
    max-width: 28rem;
    box-sizing: border-box;
    padding: 0.3rem;
  }
  button {
    font: inherit;
    padding: 0.35rem 1rem;
  }
  .quiet,
  footer {
    color: var(--quiet);
  }
  .error {
    border-left: 4px solid light-dark(#b91c1c, #fca5a5);
    padding-left: 0.8rem;
  }
  footer {
    border-top: 1px solid var(--line);
    margin-top: 2rem;
    font-size: 0.9rem;
  }
</style>`;

export function layout(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
        <footer>
          <p>
            This is a local sandbox, not Fragment. It follows Fragment's public documentation; whatever that leaves open
            is a guess, kept as a named switch (<a href="/_sandbox/behaviour">the switches as they stand</a>,
            <a href="/_sandbox/stats">requests so far</a>). It has no queues, routing, skills, cases, forms, users,
            roles, metrics, webhooks or attachments, imitates no load, and asks for no password: anybody who reaches
            this address is anybody. Payments go to a pretend ledger.
          </p>
        </footer>
      </body>
    </html>`;
}
