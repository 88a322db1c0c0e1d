import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import {
  ClaimClosedError,
  ClaimNotFoundError,
  Claims,
  ClaimUpdateRejectedError,
  InputError,
} from '../../client/index.js';
import { chance } from '../../sandbox/team-rule.js';
import { claimIdOf, type ClaimStep } from '../../workflows/claim/contract.js';
import { pick, type Plan, type PlannedClaim, type PlannedVerb } from './plan.js';

/** What was asked of a process, and whether it said yes. `unknown`: nobody answered, so it may have been done. */
export interface AskedVerb {
  claimId: string;
  verb: 'withdraw' | 'complete' | 'retry' | 'skip';
  /** Of this verb alone, so that the audit trail can be searched for it. */
  by: string;
  reason: string;
  answer: 'accepted' | 'unknown';
  step?: ClaimStep;
  decision?: string;
}

/** The company's backend and its operator: starts the claims, steers some of them, and sees to those that are parked. */
export class Backend {
  readonly asked: AskedVerb[] = [];
  private readonly claims: Claims;
  private readonly over = new AbortController();
  private operating: Promise<void> | undefined;
  private readonly runs: Promise<unknown>[] = [];

  constructor(
    private readonly temporal: Client,
    private readonly plan: Plan,
  ) {
    this.claims = new Claims(temporal);
    // Every claim's naps listen to it.
    setMaxListeners(0, this.over.signal);
  }

  /** Resolves when these claims have been started and everything planned for them has been asked. */
  async run(claims: readonly PlannedClaim[] = this.plan.claims): Promise<void> {
    this.operating ??= this.operate();
    const run = Promise.all(claims.map((planned) => this.runClaim(planned)));
    this.runs.push(run);
    await run;
  }

  /** Nothing is asked after this: a call that is still tried again when its connection closes would end the run. */
  async stop(): Promise<void> {
    this.over.abort();
    await this.operating;
    await Promise.allSettled(this.runs);
  }

  private async runClaim({ claim, lifecycle, startMs, verbs }: PlannedClaim): Promise<void> {
    await sleep(startMs);
    // Safe to repeat: the same claim again is the process that stands.
    while (!this.over.signal.aborted) {
      try {
        await this.claims.start(claim, { lifecycle });
        break;
      } catch (error) {
        if (error instanceof InputError) throw error;
        await this.nap(1_000);
      }
    }
    await Promise.all(verbs.map((verb, at) => this.ask(claim.id, verb, at)));
  }

  private async ask(claimId: string, planned: PlannedVerb, at: number): Promise<void> {
    await this.nap(planned.afterMs);
    const by = `backend-${claimId}-${at}`;
    const reason = `asked by ${by}`;
    if (planned.verb === 'withdraw') return this.insist({ claimId, verb: 'withdraw', by, reason });
    const { step, decision } = planned;
    return this.insist({ claimId, verb: 'complete', by, reason, step, decision });
  }

  /** Until it is accepted, or can't be any more: the step has gone by, the claim has ended, or nobody knows. */
  private async insist(verb: Omit<AskedVerb, 'answer'>): Promise<void> {
    while (!this.over.signal.aborted) {
      const answer = await this.once(verb);
      if (answer !== 'refused') return;
      // Refused because the step is another one now, which may be yet to come or long past.
      if (verb.verb !== 'complete' || (await this.isPast(verb.claimId, verb.step!))) return;
      await this.nap(500);
    }
  }

  private async once({
    claimId,
    ...verb
  }: Omit<AskedVerb, 'answer'>): Promise<'accepted' | 'unknown' | 'refused' | 'ended'> {
    const { by, reason, step, decision } = verb;
    try {
      if (verb.verb === 'complete') await this.claims.complete(claimId, { step: step!, decision, by, note: reason });
      else await this.claims[verb.verb](claimId, { by, reason });
      this.asked.push({ claimId, ...verb, answer: 'accepted' });
      return 'accepted';
    } catch (error) {
      if (error instanceof ClaimClosedError || error instanceof ClaimNotFoundError) return 'ended';
      if (error instanceof ClaimUpdateRejectedError) return 'refused';
      if (error instanceof InputError) throw error;
      this.asked.push({ claimId, ...verb, answer: 'unknown' });
      return 'unknown';
    }
  }

  private async isPast(claimId: string, step: ClaimStep): Promise<boolean> {
    try {
      const state = await this.claims.state(claimId);
      return (
        state.outcome !== undefined || state.steps.some((each) => each.step === step && each.decision !== undefined)
      );
    } catch {
      return false;
    }
  }

  /** Looks after parked claims, as an operator does who watches the list. */
  private async operate(): Promise<void> {
    const tries = new Map<string, number>();
    while (!this.over.signal.aborted) {
      for (const claimId of await this.parked()) {
        const attempt = (tries.get(claimId) ?? 0) + 1;
        tries.set(claimId, attempt);
        const dice = chance(this.plan.seed, 'operator', claimId, attempt);
        const choice = attempt > 6 ? 'skip' : pick({ retry: 5, complete: 3, skip: 1, wait: 3 }, dice);
        if (choice === 'wait') continue;
        const by = `operator-${claimId}-${attempt}`;
        const verb = { claimId, verb: choice, by, reason: `asked by ${by}` };
        await this.once(choice === 'complete' ? { ...verb, step: 'payment' as const } : verb);
      }
      await this.nap(2_000);
    }
  }

  private async parked(): Promise<string[]> {
    const query = "WorkflowType = 'claim' AND ExecutionStatus = 'Running' AND NeedsAttention = true";
    const parked: string[] = [];
    try {
      for await (const { workflowId } of this.temporal.workflow.list({ query })) parked.push(claimIdOf(workflowId)!);
    } catch {
      // Temporal is down; it is asked again.
    }
    return parked;
  }

  private nap(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.over.signal }).catch(() => undefined);
  }
}
