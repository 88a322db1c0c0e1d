import assert from 'node:assert/strict';
import { BulkReader, NOBODY } from '../../fragment/bulk-read.js';
import { FragmentClient } from '../../fragment/client.js';
import { FragmentRejectedError } from '../../fragment/errors.js';
import type { BehaviourInput } from '../../sandbox/behaviour.js';
import type { Sandbox } from '../../sandbox/server.js';
import { item, start, stopAll, TOKEN, uid } from '../sandbox/harness.js';

describe('reading many tasks', () => {
  afterEach(stopAll);

  let sandbox: Sandbox;
  let reader: BulkReader;
  async function open(behaviour: BehaviourInput): Promise<void> {
    sandbox = await start({ behaviour: { rateLimit: 100_000, ...behaviour } });
    for (const n of [1, 2, 3]) sandbox.tasks.apply('PUT', item(n));
    const client = new FragmentClient({ baseUrl: sandbox.apiUrl, token: TOKEN, userAgent: 'test/1' });
    reader = new BulkReader(client, (send) => send(), 100);
  }
  const requests = () => sandbox.stats().requests;
  const uids = (...numbers: number[]) => numbers.map(uid);
  const found = async (...numbers: number[]) =>
    (await reader.read(uids(...numbers))).map((task) => task.uid).toSorted();

  const CREATES = { query: 'refuse', patchMissing: 'create', missingTitle: 'allow' } as const;

  it('gives up bare uids where an update creates what is missing, and leaves one closed task for all times', async () => {
    await open(CREATES);
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual(await found(1, 2, 9), uids(1, 2));
      assert.equal(reader.currentWay, 'one-by-one');
      reader.tryAgain();
    }
    const made = sandbox.tasks.all().filter(({ uid: each }) => !uids(1, 2, 3).includes(each));
    assert.deepEqual(
      made.map(({ uid: each, status }) => [each, status]),
      [[NOBODY, 'DONE']],
    );
    assert.match(String(made[0]?.fields.title), /^Not a task: /);
  });

  it('gives them up, too, where the task that was made cannot be closed', async () => {
    await open(CREATES);
    sandbox.faults.add({ kind: 'status', status: 422, match: { method: 'PATCH', path: '/tasks/:uid' } });
    assert.deepEqual(await found(1, 9), uids(1));
    assert.equal(reader.currentWay, 'one-by-one');
  });

  it('asks one uid that no task has before the first bare uids, once for each try', async () => {
    await open({ query: 'refuse' });
    const cost = async () => {
      const before = requests();
      assert.deepEqual(await found(1, 2), uids(1, 2));
      return requests() - before;
    };
    // The query, refused; nobody's uid; the two.
    assert.equal(await cost(), 3);
    assert.equal(await cost(), 1);
    reader.tryAgain();
    assert.equal(await cost(), 3);
    assert.equal(reader.currentWay, 'empty-patch');
    assert.equal(sandbox.tasks.get(NOBODY), undefined);
  });

  it("asks nobody's uid of no server that honours the query", async () => {
    await open({});
    const before = requests();
    assert.deepEqual(await found(1, 2), uids(1, 2));
    assert.equal(requests() - before, 1);
  });

  for (const status of [400, 409, 422]) {
    it(`takes no task for missing whose own read is answered ${status}`, async () => {
      await open({ query: 'refuse', patchUidOnly: '422' });
      const refuse = () =>
        sandbox.faults.add({ kind: 'status', status, match: { method: 'GET', path: `/tasks/${uid(2)}` } });
      refuse();
      const refused = (error: Error & { status?: number }) => error.status === status;
      await assert.rejects(reader.read(uids(1, 2, 3)), refused);
      refuse();
      await assert.rejects(reader.read(uids(2)), refused);
      assert.deepEqual(await found(1, 2, 3, 9), uids(1, 2, 3));
    });
  }

  it('leaves such a task out of a bulk read, whose gaps are no more than suspects', async () => {
    await open({});
    sandbox.faults.add({ kind: 'status', status: 422, match: { method: 'GET', path: '/tasks/:uid' } });
    assert.deepEqual(await reader.readInBulk(uids(2)), []);
    sandbox.faults.add({ kind: 'status', status: 422, match: { method: 'GET', path: '/tasks/:uid' } });
    await assert.rejects(reader.read(uids(2)), FragmentRejectedError);
  });
});
