import { Hono } from 'hono';
import type { Context } from 'hono';
import { z } from 'zod';
import { authorized, dropConnection, sleep } from './connection.js';
import type { Faults } from './faults.js';
import type { Answer, Ledger, Order } from './ledger.js';

const order = z.object({
  claim_id: z.string().min(1),
  amount: z.int().positive().describe('minor units'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'ISO 4217, e.g. EUR'),
  reservation_id: z.string().optional(),
});

interface Options {
  ledger: Ledger;
  token: string;
  faults: Faults;
}

/** The ledger over HTTP, below /payments. */
export function createLedgerApi({ ledger, token, faults }: Options): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    if (!authorized(c, token)) return c.json({ code: 'unauthorized', message: 'missing or invalid token' }, 401);
    const endpoint = c.req.path.replace(/^(\/payments(?:\/reservations)?)\/(?!reservations$)[^/]+\//, '$1/:id/');
    const fault = faults.take({ method: c.req.method, endpoint, path: c.req.path });
    if (fault?.kind === 'drop') return dropConnection(c);
    if (fault?.kind === 'status')
      return Response.json({ code: 'fault', message: 'fault on request' }, { status: fault.status });
    if (fault?.kind === 'delay') await sleep(fault.delayMs);
    await next();
    return fault?.kind === 'lost-answer' ? dropConnection(c) : undefined;
  });

  app.get('/', (c) => c.json({ payments: ledger.payments(), reservations: ledger.reservations() }));
  app.post('/reservations', (c) => ordered(c, 'reservation', (asked) => ledger.reserve(asked)));
  app.post('/', (c) => ordered(c, 'payment', (asked) => ledger.pay(asked)));
  app.post('/reservations/:id/release', (c) => keyed(c, '', () => ledger.release(c.req.param('id'))));
  app.post('/:id/refund', (c) => keyed(c, '', () => ledger.refund(c.req.param('id'))));
  return app;

  async function ordered(
    c: Context,
    kind: 'payment' | 'reservation',
    work: (asked: Order) => Answer,
  ): Promise<Response> {
    const parsed = order.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) {
      const message = parsed.error.issues.map((i) => `${i.path.join('.') || 'body'}: ${i.message}`).join('; ');
      return c.json({ code: 'invalid', message }, 422);
    }
    const response = keyed(c, JSON.stringify(parsed.data), () => work(parsed.data));
    return response.ok && ledger.swallowsAnswer(parsed.data.claim_id, kind) ? dropConnection(c) : response;
  }

  function keyed(c: Context, body: string, work: () => Answer): Response {
    const key = c.req.header('idempotency-key');
    if (!key) return c.json({ code: 'no_key', message: 'header Idempotency-Key is required' }, 400);
    const { status, body: answer } = ledger.once(key, `${c.req.path} ${body}`, work);
    return c.json(answer, status);
  }
}
