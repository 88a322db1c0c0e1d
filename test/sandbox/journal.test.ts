import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { item, send, start, stopAll, uid } from './harness.js';

describe('sandbox: journal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-journal-'));
  afterEach(stopAll);
  after(() => rmSync(folder, { recursive: true }));

  it('brings tasks, comments, history and the ledger back after a restart', async () => {
    const journal = join(folder, 'restart.ndjson');
    const first = await start({ journal });
    const key = { 'idempotency-key': 'k1' };
    const order = { claim_id: 'c1', amount: 100, currency: 'EUR' };
    await send(first, 'PUT', '/tasks/batch', { items: [item(1), item(2)] });
    await send(first, 'PATCH', `/tasks/${uid(1)}`, { assignee_email: 'ada@example.com', status: 'DONE' });
    await send(first, 'POST', `/tasks/${uid(1)}/comments`, { content: 'seen' });
    await send(first, 'DELETE', `/tasks/${uid(2)}`);
    const paid = await send(first, 'POST', '/payments', order, key);
    const before = (await send(first, 'GET', `/_sandbox/tasks/${uid(1)}`)).body;
    await first.close();

    const second = await start({ journal });
    assert.deepEqual((await send(second, 'GET', `/_sandbox/tasks/${uid(1)}`)).body, before);
    assert.equal(second.tasks.all().length, 1);
    assert.deepEqual((await send(second, 'POST', '/payments', order, key)).body, paid.body);
    assert.equal(second.ledger.payments().length, 1);
  });

  it('shows lists as they were listLag ago, a restart in between or not', async () => {
    const journal = join(folder, 'lag.ndjson');
    let now = 1_000_000;
    const first = await start({ journal, now: () => now });
    await send(first, 'POST', '/tasks', item(1));
    now += 1_000;
    await send(first, 'PATCH', `/tasks/${uid(1)}`, { status: 'DONE' });
    await first.close();

    now += 100;
    const second = await start({ journal, now: () => now, behaviour: { listLag: 500 } });
    assert.equal((await send(second, 'GET', '/tasks')).body.items[0]?.status, 'TODO');
    now += 500;
    assert.equal((await send(second, 'GET', '/tasks')).body.items[0]?.status, 'DONE');
  });

  it('cuts off a line that a killed process left half written, and goes on after it', async () => {
    const journal = join(folder, 'torn.ndjson');
    const first = await start({ journal });
    await send(first, 'POST', '/tasks', item(1));
    await first.close();
    appendFileSync(journal, '{"kind":"task","task":{"uid":"20');
    const second = await start({ journal });
    await send(second, 'POST', '/tasks', item(2));
    await second.close();
    assert.equal((await start({ journal })).tasks.all().length, 2);
  });

  it('names file and line of a journal that is damaged elsewhere', async () => {
    const journal = join(folder, 'damaged.ndjson');
    appendFileSync(journal, 'rubbish\n');
    await assert.rejects(start({ journal }), /damaged\.ndjson, line 1/);
  });
});
