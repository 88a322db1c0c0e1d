/** What one seed decides: the claims, what their backends ask of them, and every fault. A function of its arguments alone. */
import type { FaultInput } from '../../sandbox/faults.js';
import type { LedgerRulesInput } from '../../sandbox/ledger.js';
import { chance } from '../../sandbox/team-rule.js';
import { DEFAULT_POLICY, type Claim, type ClaimStep } from '../../workflows/claim/contract.js';
import { LIFECYCLES, type Lifecycle } from '../../workflows/tasks/contract.js';

export const PARTS = ['temporal', 'sandbox', 'gateway-1', 'gateway-2', 'processes-1', 'processes-2'] as const;
export type PartName = (typeof PARTS)[number];
export type Link = 'fragment' | 'temporal';

export interface PlannedClaim {
  claim: Claim;
  lifecycle: Lifecycle;
  startMs: number;
  verbs: PlannedVerb[];
}

/** Asked by the claim's backend, this long after the claim was started; a completion is repeated until its step comes. */
export type PlannedVerb = { afterMs: number } & (
  { verb: 'withdraw' } | { verb: 'complete'; step: ClaimStep; decision?: string }
);

export type PlannedFault = { atMs: number } & (
  | { kind: 'kill'; part: PartName; downMs: number }
  | { kind: 'network'; link: Link; way: 'cut' | 'delay' | 'stall'; forMs: number; latencyMs: number }
  | { kind: 'fragment'; fault: FaultInput }
  | { kind: 'ledger'; fault: FaultInput }
);

export interface Plan {
  seed: number;
  claims: PlannedClaim[];
  faults: PlannedFault[];
  ledger: LedgerRulesInput;
}

/** Ten claims a second: all stages are on the way while the faults come. */
const START_EVERY_MS = 100;
/** Faults overlap: one lasts 0.2 to 5 s, and a restart as long as it takes. */
const FAULT_EVERY_MS = 1_100;
const FIRST_FAULT_MS = 3_000;

export function planChaos({ seed, claims, faults }: { seed: number; claims: number; faults: number }): Plan {
  const dice = (...parts: unknown[]) => chance(seed, ...parts);
  const planned = Array.from({ length: claims }, (_, at) => planClaim(`c${seed}-${at + 1}`, at * START_EVERY_MS, dice));
  const listed = (from: number, to: number) =>
    planned.map(({ claim: { id } }) => id).filter((id) => inRange(dice('ledger', id), from, to));
  const span = Math.max(faults * FAULT_EVERY_MS, claims * START_EVERY_MS);
  return {
    seed,
    claims: planned,
    faults: Array.from({ length: faults }, (_, at) => {
      const atMs = FIRST_FAULT_MS + Math.round(((at + dice('when', at)) / faults) * span);
      return { atMs, ...planFault(at, dice) };
    }),
    ledger: { refuse: listed(0, 0.05), refuseOnce: listed(0.05, 0.15), timeoutOnce: listed(0.15, 0.25) },
  };
}

type Dice = (...parts: unknown[]) => number;

function planClaim(id: string, startMs: number, dice: Dice): PlannedClaim {
  // Half of them need an approval.
  const amount = Math.round(DEFAULT_POLICY.approvalFrom * 2 * dice('amount', id)) + 1;
  const lifecycle = LIFECYCLES[dice('lifecycle', id) < 0.5 ? 0 : 1]!;
  return { claim: { id, total: { amount, currency: 'USD' } }, lifecycle, startMs, verbs: planVerbs(id, dice) };
}

function planVerbs(id: string, dice: Dice): PlannedVerb[] {
  const afterMs = Math.round(500 + 30_000 * dice('after', id));
  const kind = dice('verb', id);
  if (kind < 0.12) return [{ verb: 'withdraw', afterMs }];
  if (kind >= 0.3) return [];
  const step = pick({ data_entry: 3, review: 4, approval: 3 } as const, dice('step', id));
  const decided = (salt: string) =>
    step === 'data_entry' ? {} : { decision: pick({ approve: 6, reject: 2, request_info: 1 }, dice(salt, id)) };
  const first: PlannedVerb = { verb: 'complete', step, afterMs, ...decided('decision') };
  // Two of the backend's people at once: the first decides, the second is refused or recorded.
  return kind < 0.26 ? [first] : [first, { ...first, ...decided('rival') }];
}

function planFault(at: number, dice: Dice) {
  const some = (from: number, to: number, salt: string) => Math.round(from + (to - from) * dice(salt, at));
  const kind = pick({ kill: 30, network: 22, fragment: 36, ledger: 12 } as const, dice('kind', at));
  switch (kind) {
    case 'kill': {
      const weights = {
        temporal: 2,
        sandbox: 3,
        'gateway-1': 3,
        'gateway-2': 3,
        'processes-1': 3,
        'processes-2': 3,
      } as const;
      return { kind, part: pick<PartName>(weights, dice('part', at)), downMs: some(0, 3_000, 'down') };
    }
    case 'network': {
      const link = pick<Link>({ fragment: 1, temporal: 1 }, dice('link', at));
      const way = pick({ cut: 2, delay: 2, stall: 1 } as const, dice('way', at));
      return { kind, link, way, forMs: some(200, 5_000, 'for'), latencyMs: some(50, 1_500, 'latency') };
    }
    case 'fragment':
      return { kind, fault: fragmentFault(dice('answer', at), some) };
    default:
      return { kind, fault: ledgerFault(dice('answer', at), some) };
  }
}

type Some = (from: number, to: number, salt: string) => number;

function fragmentFault(dice: number, some: Some): FaultInput {
  const times = some(1, 3, 'times');
  const write = { match: { path: '/tasks/batch' } };
  const faults: Record<string, FaultInput> = {
    limited: { kind: 'status', status: 429, retryAfter: some(1, 3, 'retryAfter') },
    broken: { kind: 'status', status: some(0, 1, 'code') ? 500 : 503, times },
    page: { kind: 'status', status: 502, html: true, times },
    nothing: { kind: 'drop', times },
    half: { kind: 'half-batch', ...write },
    lostBatch: { kind: 'lost-answer', ...write, times },
    lost: { kind: 'lost-answer', times },
    slow: { kind: 'delay', delayMs: some(500, 6_000, 'slow') },
  };
  const name = pick({ limited: 2, broken: 3, page: 2, nothing: 3, half: 4, lostBatch: 4, lost: 4, slow: 3 }, dice);
  return faults[name]!;
}

function ledgerFault(dice: number, some: Some): FaultInput {
  const match = { path: '/payments*' };
  const kind = pick({ 'lost-answer': 4, drop: 2, status: 2, delay: 2 } as const, dice);
  // Beyond the 20 s that the client waits: it asks again while the first call is still to be applied.
  return { match, kind, status: 503, delayMs: some(1_000, 22_000, 'slow'), times: some(1, 4, 'times') };
}

/** A key, as often as its weight says. */
export function pick<K extends string>(weights: Readonly<Record<K, number>>, dice: number): K {
  const entries = Object.entries(weights) as [K, number][];
  let left = dice * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [key, weight] of entries) if ((left -= weight) < 0) return key;
  return entries.at(-1)![0];
}

const inRange = (value: number, from: number, to: number): boolean => value >= from && value < to;
