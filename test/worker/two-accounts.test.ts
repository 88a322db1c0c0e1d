import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { leaseStatus } from '../../cli/lease-status.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { Claims } from '../../client/index.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import type { TeamOptions } from '../../sandbox/team.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { startFlows, type RunningFlows } from '../cli/flows.js';
import { until } from '../until.js';

const ACCOUNTS = { acme: 30, globex: 60 };
type Account = keyof typeof ACCOUNTS;
const NAMES = Object.keys(ACCOUNTS) as Account[];

const approve: TeamOptions['decide'] = ({ fields }) =>
  ['review', 'approval'].includes(String(fields?.step)) ? { decision: 'approve' } : undefined;

describe('Two Fragment accounts on one Temporal', function () {
  this.timeout(240_000);
  let server: DevServer;
  let temporal: Client;
  const sandboxes = {} as Record<Account, Sandbox>;
  const workers: RunningFlows[] = [];

  before(async () => {
    server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
    for (const name of NAMES) {
      const team = { seed: 1, thinkMs: [50, 150] as [number, number], decide: approve };
      sandboxes[name] = await startSandbox({ token: `of-${name}`, team, behaviour: { rateLimit: ACCOUNTS[name] } });
    }
    temporal = new Client({ connection: await Connection.connect({ address: server.address }) });
    startWorker('--role', 'processes');
  });

  after(async () => {
    for (const worker of workers) worker.child.kill('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    await temporal?.connection.close();
    for (const sandbox of Object.values(sandboxes)) await sandbox.close();
    await server?.stop();
  });

  it('each have their tasks, their budget and their sender; a worker that stands by takes over from one that dies', async () => {
    const some = startWorker('--role', 'gateway', '--account', 'acme');
    await heldBy('acme', some);
    const all = startWorker('--role', 'gateway');
    await heldBy('globex', all);
    await heldBy('acme', some);

    const claims = new Claims(temporal);
    for (const account of NAMES) {
      for (const n of [1, 2])
        await claims.start({ id: `${account}-${n}`, total: { amount: 80_000, currency: 'USD' } }, { account });
    }
    await until(() => sandboxes.acme.tasks.all().length > 0, { everyMs: 20 });
    some.child.kill('SIGKILL');
    await heldBy('acme', all);

    for (const account of NAMES) {
      for (const n of [1, 2]) {
        const { outcome, tasks } = await claims.result(`${account}-${n}`);
        assert.equal(outcome, 'paid');
        for (const uid of tasks) assert.equal(sandboxes[account].tasks.get(uid)?.fields.claim_id, `${account}-${n}`);
      }
      const { tasks, openTasks, s429, maxIn60s } = sandboxes[account].stats();
      assert.deepEqual([tasks, openTasks, s429], [8, 0, 0], account);
      assert.ok(maxIn60s <= ACCOUNTS[account], `${maxIn60s} requests in a minute to ${account}`);
    }
    await heldBy('globex', all);
  });

  function startWorker(...args: string[]): RunningFlows {
    const env = {
      TEMPORAL_ADDRESS: server.address,
      FRAGMENT_ACCOUNTS: NAMES.join(','),
      ...Object.fromEntries(
        NAMES.flatMap((name) => [
          [`FRAGMENT_API_URL_${name.toUpperCase()}`, sandboxes[name].apiUrl],
          [`FRAGMENT_API_TOKEN_${name.toUpperCase()}`, `of-${name}`],
          [`FRAGMENT_REQUESTS_PER_MINUTE_${name.toUpperCase()}`, String(ACCOUNTS[name])],
        ]),
      ),
    };
    const worker = startFlows(['worker', ...args], { env });
    workers.push(worker);
    return worker;
  }

  async function heldBy(account: Account, worker: RunningFlows): Promise<void> {
    const holds = async () => {
      const { held, holder } = await leaseStatus(temporal, account);
      return held && holder?.startsWith(`${worker.child.pid}@`);
    };
    await until(holds, { what: `process ${worker.child.pid} sends for ${account}` });
  }
});
