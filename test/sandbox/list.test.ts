import assert from 'node:assert/strict';
import type { Sandbox } from '../../sandbox/server.js';
import { item, send, start, stopAll, uid } from './harness.js';

async function filled(behaviour: object = {}): Promise<Sandbox> {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const sandbox = await start({ now: () => now, behaviour });
  for (let n = 1; n <= 25; n++, now += 60_000) {
    sandbox.tasks.apply('POST', {
      ...item(n, { country: n % 2 ? 'FR' : 'DE' }),
      ...(n > 20 ? { status: 'DONE' as const } : {}),
    });
  }
  return sandbox;
}

const count = async (sandbox: Sandbox, query: string): Promise<number> =>
  (await send(sandbox, 'GET', `/tasks?${query}`)).body.meta.total_count;

describe('sandbox: lists', () => {
  afterEach(stopAll);

  for (const lastCursor of ['null', 'absent', 'empty'] as const) {
    it(`is read to the end by cursors, each task once, with the last cursor ${lastCursor}`, async () => {
      const sandbox = await filled({ lastCursor, cursorParam: 'page' });
      const seen: string[] = [];
      let meta: Record<string, string | null> = {};
      do {
        const { body } = await send(sandbox, 'GET', `/tasks?limit=10&page=${meta['next_cursor'] ?? ''}`);
        seen.push(...body.items.map((task: { uid: string }) => task.uid));
        meta = body.meta;
      } while (meta['next_cursor']);
      assert.equal(seen.length, 25);
      assert.equal(new Set(seen).size, 25);
      const last = { null: null, absent: undefined, empty: '' }[lastCursor];
      assert.equal(meta['next_cursor'], last);
      assert.equal('next_cursor' in meta, lastCursor !== 'absent');
    });
  }

  it('gives the first page again for a cursor under another parameter, and goes back by prev_cursor', async () => {
    const sandbox = await filled();
    const first = (await send(sandbox, 'GET', '/tasks?limit=10')).body;
    const next = first.meta.next_cursor;
    assert.deepEqual((await send(sandbox, 'GET', `/tasks?limit=10&next_cursor=${next}`)).body.items, first.items);
    const second = (await send(sandbox, 'GET', `/tasks?limit=10&cursor=${next}`)).body;
    const back = await send(sandbox, 'GET', `/tasks?limit=10&cursor=${second.meta.prev_cursor}`);
    assert.deepEqual(back.body.items, first.items);
    assert.equal((await send(sandbox, 'GET', '/tasks?cursor=rubbish')).status, 422);
  });

  it('goes back to the first page by prev_cursor where the list runs backwards, too', async () => {
    const sandbox = await filled({ listOrder: 'descending' });
    const page = async (cursor?: string) =>
      (await send(sandbox, 'GET', `/tasks?limit=10${cursor ? `&cursor=${cursor}` : ''}`)).body;
    const first = await page();
    const second = await page(first.meta.next_cursor);
    const third = await page(second.meta.next_cursor);
    assert.equal(first.items[0].uid, uid(25));
    assert.deepEqual((await page(second.meta.prev_cursor)).items, first.items);
    assert.deepEqual((await page(third.meta.prev_cursor)).items, second.items);
  });

  it('honours filters', async () => {
    const sandbox = await filled();
    assert.equal(await count(sandbox, 'status=DONE'), 5);
    assert.equal(await count(sandbox, 'fields.country=FR'), 13);
    assert.equal(await count(sandbox, 'updated_at_after=2026-01-01T00:20:00Z'), 5);
    assert.equal(await count(sandbox, 'unknown=1'), 25);
    assert.equal((await send(sandbox, 'GET', '/tasks?status=OPEN')).status, 422);
  });

  it('ignores or rejects filters where the switch says so', async () => {
    const sandbox = await filled({ listFilters: 'ignore' });
    assert.equal(await count(sandbox, 'status=DONE&order_by=updated_at'), 25);
    sandbox.behaviour.listFilters = 'reject';
    assert.equal((await send(sandbox, 'GET', '/tasks?status=DONE')).status, 422);
    assert.equal(await count(sandbox, 'limit=5'), 25);
  });

  it('hides DONE tasks under listHidesDone unless they are asked for', async () => {
    const sandbox = await filled({ listHidesDone: true });
    assert.equal(await count(sandbox, ''), 20);
    assert.equal(await count(sandbox, 'status=DONE'), 5);
  });

  it('orders by updated_at, either way', async () => {
    const sandbox = await filled();
    sandbox.tasks.apply('PATCH', { uid: uid(1), status: 'STARTED' });
    const ends = async () => {
      const { items } = (await send(sandbox, 'GET', '/tasks?limit=100&order_by=updated_at')).body;
      return [items[0].uid, items.at(-1).uid];
    };
    assert.deepEqual(await ends(), [uid(2), uid(1)]);
    sandbox.behaviour.listOrder = 'descending';
    assert.deepEqual(await ends(), [uid(1), uid(2)]);
  });

  it('refuses or clamps a limit beyond the maximum', async () => {
    const sandbox = await filled({ maxLimit: 20 });
    assert.equal((await send(sandbox, 'GET', '/tasks?limit=21')).status, 422);
    sandbox.behaviour.overLimit = 'clamp';
    assert.equal((await send(sandbox, 'GET', '/tasks?limit=21')).body.items.length, 20);
  });

  it('shows lists as they were listLag ago, and single tasks as they are', async () => {
    let now = 1_000_000;
    const sandbox = await start({ now: () => now, behaviour: { listLag: 500 } });
    await send(sandbox, 'POST', '/tasks', item(1));
    assert.equal(await count(sandbox, ''), 0);
    now += 500;
    assert.equal(await count(sandbox, ''), 1);
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { status: 'DONE' });
    assert.equal(await count(sandbox, 'status=DONE'), 0);
    assert.equal((await send(sandbox, 'GET', `/tasks/${uid(1)}`)).body.status, 'DONE');
    now += 500;
    assert.equal(await count(sandbox, 'status=DONE'), 1);
  });

  it('shows the earlier state of a task that was written before listLag was raised', async () => {
    let now = 1_000_000;
    const sandbox = await start({ now: () => now });
    await send(sandbox, 'POST', '/tasks', item(1));
    now += 1_000;
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { status: 'STARTED' });
    now += 1_000;
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { status: 'DONE' });
    const seen = async (listLag: number) => {
      sandbox.behaviour.listLag = listLag;
      return (await send(sandbox, 'GET', '/tasks')).body.items.map(({ status }: { status: string }) => status);
    };
    assert.deepEqual(await seen(0), ['DONE']);
    assert.deepEqual(await seen(500), ['STARTED']);
    assert.deepEqual(await seen(1_500), ['TODO']);
    assert.deepEqual(await seen(2_500), []);
  });
});

describe('sandbox: query', () => {
  afterEach(stopAll);
  const eq = (field: string, value: unknown) => ({ field, operator: '==', value });

  it('finds by conditions joined by and, or and negated, on native and custom fields', async () => {
    const sandbox = await filled();
    const total = async (condition: object) =>
      (await send(sandbox, 'POST', '/tasks/query', { condition, limit: 100 })).body.meta.total_count;
    assert.equal(await total({ combinator: 'or', conditions: [eq('uid', uid(1)), eq('uid', uid(24))] }), 2);
    assert.equal(await total({ combinator: 'and', conditions: [eq('status', 'DONE'), eq('fields.country', 'FR')] }), 3);
    assert.equal(await total({ ...eq('status', 'DONE'), negated: true }), 20);
    assert.equal(await total({ ...eq('status', 'DONE'), disabled: true }), 25);
  });

  it('sorts and limits', async () => {
    const sandbox = await filled();
    const sorts = [{ field: 'created_at', direction: 'descending' }];
    const { items } = (await send(sandbox, 'POST', '/tasks/query', { sorts, limit: 2 })).body;
    assert.deepEqual(
      items.map((task: { uid: string }) => task.uid),
      [uid(25), uid(24)],
    );
  });

  it('names a next cursor where the limit cut the answer, and its end as lists do', async () => {
    const sandbox = await filled();
    const next = async (limit: number) => {
      const { meta } = (await send(sandbox, 'POST', '/tasks/query', { limit })).body;
      return 'next_cursor' in meta ? meta.next_cursor : 'absent';
    };
    assert.match(await next(24), /^\w+/);
    assert.equal(await next(25), null);
    sandbox.behaviour.lastCursor = 'absent';
    assert.equal(await next(25), 'absent');
    assert.match(await next(1), /^\w+/);
  });

  it('says 422 to what it does not know', async () => {
    const sandbox = await filled();
    const status = async (body: object) => (await send(sandbox, 'POST', '/tasks/query', body)).status;
    assert.equal(await status({ condition: { field: 'uid', operator: '>', value: 1 } }), 422);
    assert.equal(await status({ groups: ['status'] }), 422);
    assert.equal(await status({ groups: [], engine: 'orm' }), 200);
  });

  it('refuses altogether, or ignores the condition, by the switch', async () => {
    const sandbox = await filled({ query: 'refuse' });
    const ask = () => send(sandbox, 'POST', '/tasks/query', { condition: eq('status', 'DONE') });
    assert.equal((await ask()).status, 422);
    sandbox.behaviour.query = 'ignore-condition';
    assert.equal((await ask()).body.meta.total_count, 25);
  });
});
