/**
 * A local stand-in for Fragment's task API, written from the public documentation alone.
 *
 * What it is not: Fragment. No queues, routing, skills, cases, forms, users, roles, metrics, webhooks or attachments; nothing
 * that the documentation leaves open is known to be so (what a client was seen to depend on is a switch in behaviour.ts, the
 * rest is assumed: docs/probe.md); no load or latency is imitated. The ledger at /payments is nobody's API. The inbox page and
 * /_sandbox ask for no token: listen on 127.0.0.1 only.
 */
import type { Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createApi } from './api.js';
import { behaviourSchema, type Behaviour, type BehaviourInput } from './behaviour.js';
import { createControl, statsOf, type Stats } from './control.js';
import { Faults } from './faults.js';
import { openJournal } from './journal.js';
import { createLedgerApi } from './ledger-api.js';
import { Ledger, type LedgerRulesInput } from './ledger.js';
import { Counter } from './limiter.js';
import { createPage } from './page.js';
import { TaskStore } from './tasks.js';
import { Team, type TeamOptions } from './team.js';

export interface SandboxOptions {
  token: string;
  /** Default: the same token. */
  paymentsToken?: string | undefined;
  port?: number | undefined;
  host?: string | undefined;
  behaviour?: BehaviourInput | undefined;
  ledger?: LedgerRulesInput | undefined;
  /** Path of an NDJSON file; without it everything is gone at the end. */
  journal?: string | undefined;
  /** `false`: nobody works the tasks, but whoever opens the page. */
  team?: TeamOptions | false | undefined;
  /** Address of the Temporal Web UI, to link tasks to their workflows; with `/namespaces/<name>` unless that is `default`. */
  temporalUi?: string | undefined;
  now?: (() => number) | undefined;
}

export interface Sandbox {
  url: string;
  apiUrl: string;
  /** A client posts to `` and `/reservations` below it. */
  paymentsUrl: string;
  tasks: TaskStore;
  behaviour: Behaviour;
  faults: Faults;
  ledger: Ledger;
  team: Team | undefined;
  stats(): Stats;
  /** For a Temporal that is up later than the sandbox. */
  linkTemporal(uiUrl: string | undefined): void;
  close(): Promise<void>;
}

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { token, host = '127.0.0.1', port = 0, now = Date.now } = options;
  const behaviour = behaviourSchema.parse(options.behaviour ?? {});
  const journal = openJournal(options.journal);
  const tasks = new TaskStore({ behaviour, journal, now });
  const ledger = new Ledger(journal, options.ledger, now);
  const faults = new Faults();
  const counter = new Counter(now);

  let temporalUi = workflowsAt(options.temporalUi);

  const app = new Hono();
  app.route('/api/v1', createApi({ store: tasks, behaviour, token, faults, counter, now }));
  app.route('/payments', createLedgerApi({ ledger, token: options.paymentsToken ?? token, faults }));
  app.route('/_sandbox', createControl({ store: tasks, behaviour, faults, counter, ledger }));
  app.route('/', createPage({ store: tasks, behaviour, faults, counter, temporalUi: () => temporalUi }));

  const server = createAdaptorServer({ fetch: app.fetch });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const team = options.team === false ? undefined : new Team(tasks, options.team);
  team?.start();

  const address = server.address();
  const url = `http://${host}:${typeof address === 'object' ? address?.port : port}`;
  return {
    url,
    apiUrl: `${url}/api/v1`,
    paymentsUrl: `${url}/payments`,
    tasks,
    behaviour,
    faults,
    ledger,
    team,
    stats: () => statsOf({ store: tasks, counter, faults }),
    linkTemporal(uiUrl) {
      temporalUi = workflowsAt(uiUrl);
    },
    async close() {
      team?.stop();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      // Keep-alive connections would hold the server open until the clients tire of them.
      for (const socket of sockets) socket.destroy();
      await closed;
      journal.close();
    },
  };
}

function workflowsAt(uiUrl: string | undefined): string | undefined {
  if (!uiUrl) return undefined;
  const base = uiUrl.replace(/\/+$/, '');
  return /\/namespaces\/[^/]+$/.test(base) ? base : `${base}/namespaces/default`;
}
