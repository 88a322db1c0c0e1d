import assert from 'node:assert/strict';
import type { FeedWay } from '../../activities/feed-cursor.js';
import type { BehaviourInput } from '../../sandbox/behaviour.js';
import { feedParts, feedUid, type FeedParts } from './feed-parts.js';
import { ONLY } from './feed-ways.js';

/** Longer than a round takes here. */
const PATIENCE_MS = 2_000;
const WAYS = Object.keys(ONLY) as FeedWay[];

describe('the change feed', function () {
  this.timeout(60_000);
  let parts: FeedParts;
  afterEach(() => parts.close());

  const tasksTold = () => parts.temporal.told.map(({ news }) => news.uid);
  const absences = () =>
    Object.fromEntries(parts.temporal.told.map(({ news }) => [news.uid, news.absent ?? news.status]));

  for (const way of WAYS) {
    describe(`on a server where ${way} is the best that works`, () => {
      it('55: finds what was done while nobody looked', async () => {
        parts = await feedParts(ONLY[way]);
        for (let n = 0; n < 8; n += 1) parts.open(n);
        assert.equal((await parts.round()).way, way);
        assert.deepEqual(parts.temporal.told, []);
        parts.restart();
        parts.finish(feedUid(3), 'reject');
        await parts.round();
        assert.deepEqual(parts.temporal.told, [
          {
            workflowId: 'claim-3',
            news: {
              uid: feedUid(3),
              status: 'DONE',
              step: 'review',
              round: 1,
              assignee: undefined,
              answer: { decision: 'reject' },
            },
          },
        ]);
      });

      it('tells of a completion once, and of the next completion of the same task once more', async () => {
        parts = await feedParts(ONLY[way]);
        const uid = parts.open(1);
        parts.open(2);
        await parts.round();
        parts.finish(uid);
        await parts.rounds(3);
        // An edit beside the answer is not another completion, and neither is a webhook's word for the same one.
        parts.sandbox.tasks.apply('PATCH', { uid, fields: { title: 'edited' } });
        await parts.round({ hints: [uid], requests: 1 });
        parts.restart();
        await parts.rounds(3);
        assert.deepEqual(tasksTold(), [uid]);
        await new Promise((resolve) => setTimeout(resolve, 2));
        parts.sandbox.tasks.apply('PATCH', { uid, status: 'TODO' });
        await parts.round();
        parts.finish(uid);
        await parts.rounds(3);
        assert.deepEqual(tasksTold(), [uid, uid]);
      });

      it('50: tells that an awaited task was deleted, once a read of the task itself has said so', async () => {
        parts = await feedParts(ONLY[way]);
        for (let n = 0; n < 5; n += 1) parts.open(n);
        await parts.round();
        parts.sandbox.tasks.delete(feedUid(2));
        await parts.rounds(6);
        assert.deepEqual(parts.temporal.told, [
          { workflowId: 'claim-2', news: { uid: feedUid(2), status: 'UNKNOWN', absent: 'deleted' } },
        ]);
      });

      it('51: tells that an awaited task was archived, unless it was done before', async () => {
        parts = await feedParts(ONLY[way]);
        for (let n = 0; n < 5; n += 1) parts.open(n);
        await parts.round();
        parts.finish(feedUid(1));
        for (const n of [1, 2]) parts.sandbox.tasks.apply('PATCH', { uid: feedUid(n), archived: true });
        await parts.rounds(6);
        assert.deepEqual(absences(), { [feedUid(1)]: 'DONE', [feedUid(2)]: 'archived' });
      });
    });
  }

  describe('finds out what the server really does', () => {
    const stands = async (behaviour: BehaviourInput, options = {}) => {
      parts = await feedParts(behaviour, options);
      for (let n = 0; n < 150; n += 1) parts.open(n);
      return parts.round();
    };

    it('an ignored filter of the list', async () => {
      const { way, cursor } = await stands({ listFilters: 'ignore' });
      assert.deepEqual([way, cursor.why], ['bulk', 'Fragment ignores the updated_at filter of its list']);
    });

    it('a refused filter, and a refused query, and a refused batch of uids', async () => {
      const { way, cursor } = await stands({ listFilters: 'reject', query: 'refuse', patchUidOnly: '422' });
      assert.equal(way, 'single');
      assert.match(
        cursor.why ?? '',
        /refused the filter updated_at_after.*; .*neither queries.*; .*refused the filter status/,
      );
    });

    it('a condition that is ignored', async () => {
      const { way, cursor } = await stands({ listFilters: 'reject', query: 'ignore-condition', patchUidOnly: '422' });
      assert.deepEqual([way, cursor.reading], ['single', 'single']);
    });

    it('a cursor that is not understood', async () => {
      await stands({ cursorParam: 'page_token' });
      for (let n = 0; n < 150; n += 1) parts.finish(feedUid(n));
      const { way, cursor } = await parts.round();
      assert.deepEqual([way, cursor.why], ['bulk', 'Fragment does not understand the cursor (FRAGMENT_CURSOR_PARAM)']);
      assert.equal(new Set(tasksTold()).size, 150);
    });

    it('a smaller page and a smaller batch than we ask for, which cost requests and no way', async () => {
      const listed = await stands({ maxLimit: 30, defaultLimit: 20 });
      assert.equal(listed.way, 'list');
      parts.sandbox.behaviour.listFilters = 'reject';
      for (let n = 0; n < 150; n += 1) parts.finish(feedUid(n));
      const { way, batch } = await parts.rounds(2);
      assert.equal(way, 'bulk');
      assert.ok(batch >= 15 && batch <= 30, `${batch}`);
      assert.equal(new Set(tasksTold()).size, 150);
    });

    it('an order that is newest first, which it can live with', async () => {
      await stands({ listOrder: 'descending' });
      for (let n = 0; n < 150; n += 1) parts.finish(feedUid(n));
      assert.equal((await parts.round()).way, 'list');
      assert.equal(new Set(tasksTold()).size, 150);
    });

    it('a list that does not bring what is done', async () => {
      await stands({ query: 'refuse', listLag: 3_600_000 }, { listPatienceMs: 0 });
      parts.finish(feedUid(7));
      const { way, cursor } = await parts.rounds(8);
      assert.deepEqual([way, cursor.why], ['bulk', 'the list does not bring tasks that are done']);
      assert.deepEqual(tasksTold(), [feedUid(7)]);
    });

    it('but not of a task that moved on before the list was asked again', async () => {
      await stands({ query: 'refuse', listLag: 3_600_000 }, { listPatienceMs: PATIENCE_MS });
      parts.finish(feedUid(7));
      let round = await parts.round();
      while (Object.keys(round.cursor.unlisted).length === 0) round = await parts.round();
      parts.sandbox.tasks.apply('PATCH', { uid: feedUid(7), status: 'TODO' });
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
      const { way, cursor } = await parts.round();
      assert.deepEqual([way, cursor.unlisted], ['list', {}]);
      assert.deepEqual(tasksTold(), [feedUid(7)]);
    });

    it('that a deleted task refuses a whole batch, and reads the others all the same', async () => {
      await stands({ listFilters: 'reject', query: 'refuse' });
      parts.sandbox.tasks.delete(feedUid(70));
      parts.finish(feedUid(71));
      await parts.round();
      assert.deepEqual(absences(), { [feedUid(70)]: 'deleted', [feedUid(71)]: 'DONE' });
      const { way, requests } = await parts.round();
      // Left out of the batches from then on: two batches, and one read of the suspect.
      assert.deepEqual([way, requests], ['bulk', 3]);
    });

    it('steps up again when the server has changed', async () => {
      assert.equal((await stands(ONLY.single, { retryMs: 0 })).way, 'single');
      parts.sandbox.behaviour.patchUidOnly = 'allow';
      assert.equal((await parts.round()).way, 'bulk');
      parts.sandbox.behaviour.listFilters = 'honour';
      const { way, cursor } = await parts.round();
      assert.deepEqual([way, cursor.why], ['list', undefined]);
      parts.finish(feedUid(149));
      await parts.round();
      assert.deepEqual(tasksTold(), [feedUid(149)]);
    });

    it('and asks for a better way seldom', async () => {
      await stands(ONLY.bulk);
      await parts.rounds(5);
      // Each parameter that could be spared was left out once, in the first round alone.
      assert.equal(parts.sandbox.stats().byEndpoint['GET /tasks'], 4);
    });
  });

  it('61: a list that shows an old state moves nothing', async () => {
    parts = await feedParts({ listLag: 3_600_000, listFilters: 'status-only', patchUidOnly: '422', query: 'refuse' });
    for (let n = 0; n < 5; n += 1) parts.open(n);
    const { way } = await parts.rounds(3);
    assert.equal(way, 'list');
    assert.deepEqual(parts.temporal.told, [], 'tasks that the list does not show yet are not gone');
    parts.finish(feedUid(1));
    await parts.round({ hints: [feedUid(1)], requests: 1 });
    // The list, an hour behind, goes on without the task: what was told stays told, and nothing is taken back.
    await parts.rounds(5);
    assert.deepEqual(tasksTold(), [feedUid(1)]);
  });

  it('57: starting, pausing and starting again tells nobody anything', async () => {
    parts = await feedParts(ONLY.bulk);
    const uid = parts.open(1);
    for (const status of ['STARTED', 'TODO', 'STARTED'] as const) {
      parts.sandbox.tasks.apply('PATCH', { uid, status });
      await parts.round({ hints: [uid] });
    }
    assert.deepEqual(parts.temporal.told, []);
  });

  it('tells the process that awaits the task, whatever a person has made of its workflow_id', async () => {
    parts = await feedParts();
    const uid = parts.open(1);
    parts.temporal.gone.add('claim-elsewhere');
    parts.sandbox.tasks.apply('PATCH', { uid, fields: { workflow_id: 'claim-elsewhere' } });
    parts.finish(uid);
    await parts.rounds(5);
    assert.deepEqual(
      parts.temporal.told.map(({ workflowId }) => workflowId),
      ['claim-1'],
    );
  });

  for (const [what, workflowId] of [
    ['empty', ''],
    ['no text', '\ud800'],
    ['refused by Temporal', 'refused'],
  ] as const) {
    it(`is not held up by a task whose workflow_id is ${what}`, async () => {
      parts = await feedParts();
      parts.temporal.refused.add('refused');
      const uid = parts.open(1);
      await parts.round();
      parts.sandbox.tasks.apply('PUT', {
        uid: feedUid(50),
        fields: { title: 'foreign', workflow_id: workflowId },
        status: 'DONE',
      });
      parts.finish(uid);
      await parts.round();
      assert.deepEqual(tasksTold(), [uid]);
    });
  }

  it('tells of a task that is archived once more, after it was seen to be there', async () => {
    parts = await feedParts(ONLY.bulk);
    const uid = parts.open(1);
    const archived = (how: boolean) => parts.sandbox.tasks.apply('PATCH', { uid, archived: how });
    const told = async () => (await parts.round({ hints: [uid] })).delivered;
    archived(true);
    assert.equal(await told(), 1);
    assert.equal(await told(), 0);
    archived(false);
    assert.equal(await told(), 0);
    archived(true);
    assert.equal(await told(), 1);
  });

  it('is not blinded by a date in the future', async () => {
    parts = await feedParts();
    parts.sandbox.tasks.apply('PUT', {
      uid: feedUid(50),
      fields: { title: 'from the future' },
      status: 'DONE',
      updated_at: '2099-01-01T00:00:00.000Z',
    });
    parts.open(1);
    await parts.rounds(2);
    parts.finish(feedUid(1));
    await parts.round();
    assert.deepEqual(tasksTold(), [feedUid(1)]);
  });

  it('19: counts the hints that name a task nobody awaits, and spends no request on them', async () => {
    parts = await feedParts(ONLY.bulk);
    await parts.round();
    const { requests, unknownHints } = await parts.round({ hints: [feedUid(8), feedUid(9)], requests: 1 });
    assert.deepEqual([requests, unknownHints], [0, 2]);
  });

  it('tells of many tasks that were deleted, each in its turn, though webhooks name others meanwhile', async () => {
    parts = await feedParts(ONLY.list);
    for (let n = 0; n < 13; n += 1) parts.open(n);
    await parts.rounds(5);
    for (let n = 0; n < 12; n += 1) parts.sandbox.tasks.delete(feedUid(n));
    // In every fifth the list is checked, and five of the missing are read.
    for (let n = 0; n < 20; n += 1) await parts.round({ hints: [feedUid(12)], requests: 1 });
    assert.equal(new Set(tasksTold()).size, 12);
  });

  it('asks Temporal for nothing that is no uid, whoever hints at it', async () => {
    parts = await feedParts(ONLY.list);
    // The fifth checks the list; the next looks for what is hinted at alone.
    await parts.rounds(5);
    parts.open(1);
    parts.finish(feedUid(1));
    parts.sandbox.behaviour.listLag = 60_000;
    const { unknownHints } = await parts.round({ hints: ["it's", feedUid(1)], requests: 1 });
    assert.equal(unknownHints, 1);
    assert.deepEqual(tasksTold(), [feedUid(1)]);
  });

  for (const way of WAYS) {
    it(`tells of the others though Fragment falls over a task whenever it is read (${way})`, async () => {
      parts = await feedParts(ONLY[way]);
      for (let n = 0; n < 3; n += 1) parts.open(n);
      await parts.rounds(2);
      parts.sandbox.faults.add({
        kind: 'status',
        status: 500,
        times: 'always',
        match: { method: 'GET', path: `/tasks/${feedUid(1)}` },
      });
      parts.finish(feedUid(2));
      await parts.round({ hints: [feedUid(1)], requests: 1 });
      await parts.rounds(3);
      assert.deepEqual(tasksTold(), [feedUid(2)]);
    });
  }

  describe('with 3,000 open tasks', () => {
    const TASKS = 3_000;
    const crowd = async (way: FeedWay) => {
      parts = await feedParts(ONLY[way]);
      for (let n = 0; n < TASKS; n += 1) parts.open(n);
      await parts.rounds(4);
      return parts;
    };
    const asked = async (rounds: number) => {
      const before = parts.sandbox.stats().requests;
      const { cursor } = await parts.rounds(rounds);
      assert.ok(JSON.stringify(cursor).length < 2_000, 'the cursor stays small');
      return parts.sandbox.stats().requests - before;
    };

    it('asks the list once a round, and for a hundred of them in every fifth', async () => {
      await crowd('list');
      assert.equal(await asked(10), 12);
    });

    it("goes through Temporal's list from where it was, with a place that Temporal has forgotten from the front", async () => {
      await crowd('bulk');
      // A thousand a round: the fourth began at the front again.
      const { cursor } = await parts.round();
      cursor.place = Buffer.from('of another store').toString('base64');
      parts.finish(feedUid(2_999));
      await parts.rounds(2);
      assert.deepEqual(tasksTold(), []);
      const { awaited } = await parts.round();
      assert.deepEqual([tasksTold(), awaited], [[feedUid(2_999)], TASKS]);
    });

    it('reads all of them in thirty requests, ten a round', async () => {
      await crowd('bulk');
      parts.finish(feedUid(2_999));
      assert.equal(await asked(3), 30);
      assert.deepEqual(tasksTold(), [feedUid(2_999)]);
    });

    it('sweeps them in thirty-one requests, and reads what is missing', async () => {
      await crowd('sweep');
      parts.finish(feedUid(2_999));
      assert.equal(await asked(1), 32);
      assert.deepEqual(tasksTold(), [feedUid(2_999)]);
    });

    it('reads them singly ten a round, each in its turn', async () => {
      await crowd('single');
      const seen = new Set<string>();
      const getTask = parts.client.getTask.bind(parts.client);
      parts.client.getTask = (uid) => {
        seen.add(uid);
        return getTask(uid);
      };
      assert.equal(await asked(20), 200);
      assert.equal(seen.size, 200, 'none twice before the others have had their turn');
    });

    it('reads the one that a webhook names with one request', async () => {
      await crowd('single');
      parts.finish(feedUid(2_500));
      const { requests } = await parts.round({ hints: [feedUid(2_500)], requests: 1 });
      assert.ok(requests <= 2, `${requests}`);
      assert.deepEqual(tasksTold(), [feedUid(2_500)]);
    });

    it('has Temporal list the one process that a webhook names, and a hundred where the list is checked', async () => {
      await crowd('list');
      // The fifth checks the list, and so does the tenth.
      await parts.round();
      parts.finish(feedUid(2_500));
      // Said by nobody else: the list is behind.
      parts.sandbox.behaviour.listLag = 60_000;
      const before = parts.temporal.listed;
      const { requests, awaited } = await parts.round({ hints: [feedUid(2_500), feedUid(0xabcd)], requests: 1 });
      assert.deepEqual([requests, awaited, parts.temporal.listed - before], [2, TASKS, 1]);
      assert.deepEqual(tasksTold(), [feedUid(2_500)]);
      const turn = await parts.rounds(4);
      assert.deepEqual([turn.awaited, parts.temporal.listed - before], [TASKS, 1 + 100]);
    });

    it('tells of more than a round reads in the next, each once, and the cursor stays small', async () => {
      await crowd('list');
      for (let n = 0; n < 1_500; n += 1) parts.finish(feedUid(n));
      const { cursor } = await parts.rounds(4);
      assert.equal(new Set(tasksTold()).size, 1_500);
      assert.equal(tasksTold().length, 1_500);
      assert.ok(JSON.stringify(cursor).length < 64_000, `${JSON.stringify(cursor).length}`);
    });
  });
});
