/** docs/operate.md, Finding claims: each list query is run as it stands there, and finds those it should and no others. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Claims } from '../../client/index.js';
import { DEFAULT_POLICY, claimIdOf, type ClaimPolicy } from '../../workflows/claim/contract.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

const PAGE = new URL('../../docs/operate.md', import.meta.url);
/** A row of the table: what is looked for, and the query. */
const ROW = /^\| ([^|]+?) +\| `([^`]*)` *\|$/gm;
const SOON: Partial<ClaimPolicy> = { deadlines: { ...DEFAULT_POLICY.deadlines, data_entry: { due: '1 second' } } };

describe('the saved list queries', function () {
  this.timeout(120_000);
  let stage: Stage;
  let claims: Claims;
  let queries: Record<string, string>;
  /** What stands in the place of the page's examples. */
  let now: string;
  let uid: string;
  before(async () => {
    const rows = (await readFile(PAGE, 'utf8')).matchAll(ROW);
    queries = Object.fromEntries([...rows].map(([, what, query]) => [what, query]));
    const ledger = { refuse: ['parked'] };
    stage = await setStage({ team: false, requestsPerMinute: 600, behaviour: { rateLimit: 600 }, ledger });
    claims = new Claims(stage.temporal);
    await start('waiting', 80_000);
    await start('parked', 12_000);
    await start('late', 240_000, SOON);
    await start('paused', 12_000, SOON);
    await start('rejected', 12_000);
    await until(async () => (await claims.state('paused')).steps[0]?.due);
    await claims.pause('paused', { reason: 'an audit' });
    for (const id of ['waiting', 'parked', 'rejected']) await complete(id, 'data_entry');
    await complete('parked', 'review', 'approve');
    await complete('rejected', 'review', 'reject');
    await until(async () => (await claims.state('parked')).needsAttention);
    await until(async () => (await claims.state('late')).steps[0]?.status === 'overdue');
    uid = String((await at('waiting', 'review')).uid);
    now = new Date().toISOString();
    await start('young', 12_000);
  });
  after(() => stage?.stop());

  const FOUND: Record<string, string[]> = {
    'needs a person of ours': ['parked'],
    'at one step': ['waiting'],
    overdue: ['late'],
    'of an amount and above': ['late'],
    'started before an instant, not ended': ['late', 'parked', 'paused', 'waiting'],
    'ended in one way': ['rejected'],
    'who waits for this task': ['waiting'],
  };

  it('are all tried here', () => {
    assert.deepEqual(Object.keys(queries).toSorted(), Object.keys(FOUND).toSorted());
  });

  for (const [what, expected] of Object.entries(FOUND)) {
    it(`${what}: ${expected.join(', ')}`, async () => {
      await finds(what, expected);
    });
  }

  it('overdue: a claim that is resumed, and none whose due date is moved', async () => {
    await claims.resume('paused', { reason: 'it is over' });
    now = new Date(Date.now() + 60_000).toISOString();
    await finds('overdue', ['late', 'paused']);
    const due = new Date(Date.now() + 3_600_000).toISOString();
    await claims.changeDue('late', { due, reason: 'the clinic asked' });
    await finds('overdue', ['paused']);
  });

  async function finds(what: string, expected: string[]): Promise<void> {
    const query = String(queries[what])
      .replace(/'\d{4}-\d\d-\d\dT[\d:]+Z'/, `'${now}'`)
      .replace('<task uid>', uid);
    let found: string[] = [];
    // Visibility trails the processes by a moment.
    await until(async () => (found = await list(query)).join() === expected.join()).catch(() => undefined);
    assert.deepEqual(found, expected, query);
  }

  async function list(query: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { workflowId } of stage.temporal.workflow.list({ query })) {
      found.push(claimIdOf(workflowId) ?? workflowId);
    }
    return found.toSorted();
  }

  const start = (id: string, amount: number, policy?: Partial<ClaimPolicy>) =>
    claims.start({ id, total: { amount, currency: 'USD' } }, policy ? { policy } : {});

  const at = (id: string, step: string) =>
    until(async () => {
      const last = (await claims.state(id)).steps.at(-1);
      return last?.step === step && last.status === 'waiting' ? last : undefined;
    });

  async function complete(id: string, step: string, decision?: string): Promise<void> {
    await at(id, step);
    await claims.complete(id, { step, by: 'ada', ...(decision ? { decision } : {}) });
  }
});
