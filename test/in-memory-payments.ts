/** A payment provider without HTTP, for tests under time skipping. It repeats its answer for a key, as real ones do. */
import { ApplicationFailure } from '@temporalio/common';
import { PAYMENT_REFUSED, type PaymentActivities } from '../activities/index.js';

export interface LedgerEntry {
  claimId: string;
  what: 'reserve' | 'release' | 'pay' | 'refund';
  amount?: number;
}

export class InMemoryPayments {
  /** What moved, in order; a repeated call moves nothing. */
  readonly ledger: LedgerEntry[] = [];
  /** Claims whose payment (or reservation) is refused, until they are taken out. */
  readonly refuse = new Set<string>();
  readonly refuseReservation = new Set<string>();
  /** Claims of which this call is done, and no answer to it arrives, until they are taken out. */
  readonly silent = new Map<string, LedgerEntry['what']>();
  /** Without a provider, payment is a person's step. */
  provider = true;
  private readonly answered = new Map<string, string>();

  readonly activities: PaymentActivities = {
    reservePayment: async ({ claimId, attempt, amount }) => {
      if (!this.provider) return null;
      this.mustAccept(this.refuseReservation, claimId);
      return { id: this.once(`${claimId} reserve ${attempt}`, { claimId, what: 'reserve', amount }) };
    },
    releasePayment: async ({ claimId }) => void this.once(`${claimId} release`, { claimId, what: 'release' }),
    pay: async ({ claimId, attempt, amount }) => {
      this.mustAccept(this.refuse, claimId);
      return { id: this.once(`${claimId} pay ${attempt}`, { claimId, what: 'pay', amount }) };
    },
    refundPayment: async ({ claimId }) => void this.once(`${claimId} refund`, { claimId, what: 'refund' }),
  };

  of(claimId: string): LedgerEntry['what'][] {
    return this.ledger.filter((entry) => entry.claimId === claimId).map(({ what }) => what);
  }

  private mustAccept(refused: Set<string>, claimId: string): void {
    if (refused.has(claimId)) throw ApplicationFailure.nonRetryable('account blocked', PAYMENT_REFUSED);
  }

  private once(key: string, entry: LedgerEntry): string {
    let id = this.answered.get(key);
    if (!id) {
      this.ledger.push(entry);
      id = `pay-${this.ledger.length}`;
      this.answered.set(key, id);
    }
    if (this.silent.get(entry.claimId) === entry.what)
      throw ApplicationFailure.retryable('no answer from the payment provider');
    return id;
  }
}
