import type { Client } from '@temporalio/client';
import { Claims } from '../../client/index.js';
import type { Sandbox } from '../../sandbox/server.js';
import { outcomeOf } from './claims.js';

/** What is wrong in the end, in words; nothing where every claim ended as decided and each payment was made once. */
export async function wrongs(client: Client, sandbox: Sandbox, started: number): Promise<string[]> {
  const claims = await new Claims(client).list({ limit: started + 1 });
  const stats = sandbox.stats();
  const payments = new Map<string, number>();
  for (const { claim_id: id } of sandbox.ledger.payments()) payments.set(id, (payments.get(id) ?? 0) + 1);
  const expected = (id: string) => (outcomeOf(id) === 'paid' ? 1 : 0);

  const otherwise = claims.filter(({ claimId, status, outcome, needsAttention }) => {
    return status !== 'COMPLETED' || outcome !== outcomeOf(claimId) || needsAttention;
  });
  const paidWrongly = claims.filter(({ claimId }) => (payments.get(claimId) ?? 0) !== expected(claimId));
  const held = sandbox.ledger.reservations().filter(({ status }) => status === 'reserved').length;
  const said: [number, string][] = [
    [Math.abs(claims.length - started), 'claims lost or doubled'],
    [otherwise.length, `claims that did not end as decided (${idsOf(otherwise)})`],
    [paidWrongly.length, `claims not paid as often as they should be (${idsOf(paidWrongly)})`],
    [held, 'amounts still reserved'],
    [stats.openTasks, 'tasks still open'],
    [stats.s429, 'answers 429'],
  ];
  return said.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

function idsOf(claims: readonly { claimId: string }[]): string {
  return claims
    .slice(0, 5)
    .map(({ claimId }) => claimId)
    .join(', ');
}
