import assert from 'node:assert/strict';
import type { Sandbox } from '../../sandbox/server.js';
import { send, start, stopAll } from './harness.js';

const order = { claim_id: 'c1', amount: 12_345, currency: 'EUR' };
const post = (sandbox: Sandbox, path: string, body: object | undefined, key: string) =>
  send(sandbox, 'POST', `/payments${path}`, body, key ? { 'idempotency-key': key } : {});

describe('sandbox: payments ledger', () => {
  afterEach(stopAll);

  it('asks for its own token and for an Idempotency-Key', async () => {
    const sandbox = await start({ paymentsToken: 'other' });
    assert.equal((await send(sandbox, 'GET', '/payments')).status, 401);
    assert.equal((await send(sandbox, 'GET', '/payments', undefined, { authorization: 'Bearer other' })).status, 200);
    assert.equal((await post(await start(), '', order, '')).status, 400);
  });

  it('answers the same key and body with the first answer, and another body with 422', async () => {
    const sandbox = await start();
    const first = await post(sandbox, '', order, 'k');
    assert.equal(first.status, 200);
    assert.deepEqual((await post(sandbox, '', order, 'k')).body, first.body);
    assert.equal((await post(sandbox, '', { ...order, amount: 1 }, 'k')).status, 422);
    assert.equal(sandbox.ledger.payments().length, 1);
  });

  it('captures a reservation once, releases one, refunds a payment', async () => {
    const sandbox = await start();
    const reserve = async (key: string) => (await post(sandbox, '/reservations', order, key)).body.id;
    const reservation_id = await reserve('r1');
    const paid = await post(sandbox, '', { ...order, reservation_id }, 'p1');
    assert.equal(paid.body.reservation_id, reservation_id);
    assert.equal((await post(sandbox, '', { ...order, reservation_id }, 'p2')).status, 422);
    assert.equal((await post(sandbox, `/reservations/${reservation_id}/release`, undefined, 'l1')).status, 422);
    assert.equal((await post(sandbox, `/${paid.body.id}/refund`, undefined, 'f1')).body.status, 'refunded');
    assert.equal(
      (await post(sandbox, `/reservations/${await reserve('r2')}/release`, undefined, 'l2')).body.status,
      'released',
    );
    assert.equal((await post(sandbox, '/nothing/refund', undefined, 'f2')).status, 404);
    assert.equal((await post(sandbox, '', { ...order, amount: 1.5 }, 'p3')).status, 422);
  });

  it('declines by rule, and lets the same key through once the reason is gone', async () => {
    const sandbox = await start({ ledger: { refuse: ['c1'], refuseOnce: ['c2'] } });
    const declined = await post(sandbox, '', order, 'k1');
    assert.deepEqual([declined.status, declined.body.code], [402, 'declined']);
    await send(sandbox, 'PATCH', '/_sandbox/ledger', { refuse: 'none' });
    assert.equal((await post(sandbox, '', order, 'k1')).status, 200);
    assert.equal((await post(sandbox, '', { ...order, claim_id: 'c2' }, 'k2')).status, 402);
    assert.equal((await post(sandbox, '', { ...order, claim_id: 'c2' }, 'k2')).status, 200);
  });

  it('applies a payment whose answer is lost, once', async () => {
    const sandbox = await start({ ledger: { timeoutOnce: ['c1'] } });
    await assert.rejects(post(sandbox, '', order, 'k'));
    assert.equal((await post(sandbox, '', order, 'k')).status, 200);
    assert.equal(sandbox.ledger.payments().length, 1);
  });
});
