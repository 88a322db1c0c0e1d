import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { PAYMENT_REFUSED, createPaymentActivities, type PaymentActivities } from '../../activities/payments.js';

describe('the activities on payments', () => {
  let server: Server;
  let answer: { status: number; body: string };
  let activities: PaymentActivities;
  before(async () => {
    server = createServer((_, response) => {
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    activities = createPaymentActivities({ url: `http://127.0.0.1:${port}/payments` });
  });
  after(() => server.close());

  const run = <T>(work: () => Promise<T>) =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run<[], T, () => Promise<T>>(work);

  it('take a release and a refund for done that are answered without a word', async () => {
    answer = { status: 204, body: '' };
    await run(() => activities.releasePayment({ claimId: 'C-1', reservationId: 'r-1' }));
    await run(() => activities.refundPayment({ claimId: 'C-1', paymentId: 'p-1' }));
  });

  it('ask again where the answer does not name what was made, and say so', async () => {
    const amount = { claimId: 'C-1', amount: 100, currency: 'USD', attempt: 1 };
    for (const body of ['', '{}', '{"id": 7}', '"r-1"']) {
      answer = { status: 200, body };
      for (const call of ['reservePayment', 'pay'] as const) {
        await assert.rejects(
          run(() => activities[call](amount)),
          { nonRetryable: false, message: /answer to (reserve|pay) has no id/ },
        );
      }
    }
    answer = { status: 200, body: '{"id": "r-1"}' };
    assert.deepEqual(await run(() => activities.reservePayment(amount)), { id: 'r-1' });
  });

  describe('take an answer', () => {
    const answered = (status: number) => {
      answer = { status, body: '{"message": "no"}' };
      return run(() => activities.pay({ claimId: 'C-1', amount: 100, currency: 'USD', attempt: 1 }));
    };

    for (const status of [302, 401, 403, 408, 409, 425, 429, 500, 503]) {
      it(`of ${status} for a word on the connection: the payment is asked for again`, async () => {
        await assert.rejects(answered(status), { nonRetryable: false, message: new RegExp(`answered ${status}: no`) });
      });
    }

    for (const status of [400, 402, 404, 422]) {
      it(`of ${status} for a refusal: the payment becomes people's`, async () => {
        await assert.rejects(answered(status), { nonRetryable: true, type: PAYMENT_REFUSED });
      });
    }
  });
});
