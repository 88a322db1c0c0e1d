import assert from 'node:assert/strict';
import { flows } from './flows.js';

const claim = (id: string, amount: number) => JSON.stringify({ id, total: { amount, currency: 'USD' } });

describe('flows claim explain', () => {
  it('tells the tasks, the requests and the cost, with no Temporal anywhere', async () => {
    const input = `${claim('small', 10_000)}\n${claim('large', 80_000)}`;
    const env = {
      PAYMENTS_URL: 'http://127.0.0.1:9/payments',
      FRAGMENT_MAX_BATCH: '1',
      TEMPORAL_ADDRESS: '127.0.0.1:9',
    };
    const { code, stdout } = await flows(['claim', 'explain', '-', '--json'], { input, env });
    assert.equal(code, 0);
    const { claims, total } = JSON.parse(stdout) as {
      claims: { tasks: { title: string; by: string }[] }[];
      total: object;
    };
    assert.deepEqual(
      claims[1]?.tasks.map(({ title, by }) => `${by}: ${title}`),
      [
        'person: Enter the data of claim large (800.00 USD)',
        'person: Review claim large (800.00 USD)',
        'person: Approve claim large (800.00 USD)',
        'payment provider: Pay claim large (800.00 USD)',
      ],
    );
    assert.deepEqual(total, { claims: 2, writes: 7, requests: { least: 7, most: 7 }, actions: 27 });
  });

  it('shares requests between claims, never between the steps of one', async () => {
    const input = Array.from({ length: 5 }, (_, at) => claim(`c-${at}`, 10_000)).join('\n');
    const { stdout } = await flows(['claim', 'explain', '-', '--json'], { input });
    assert.deepEqual((JSON.parse(stdout) as { total: { requests: object } }).total.requests, { least: 3, most: 15 });
  });

  it('lists what is wrong as start does, with its exit codes', async () => {
    const good = claim('good', 10_000);
    const bad = claim('bad', -1);
    const mixed = await flows(['claim', 'explain', '-'], { input: `${good}\n${bad}` });
    assert.equal(mixed.code, 1);
    assert.match(mixed.stdout, /claim good/);
    assert.match(mixed.stderr, /line 2: claim bad: total\.amount: must be greater than 0/);
    assert.equal((await flows(['claim', 'explain', '-'], { input: bad })).code, 2);
    assert.equal((await flows(['claim', 'explain', 'nowhere.json'])).code, 2);
  });
});
