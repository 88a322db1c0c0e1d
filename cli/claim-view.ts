import type { ClaimState, ListedClaim } from '../client/index.js';
import { table } from './output.js';

/** A claim for the terminal, or for one of another width: where it stands, its steps, its audit trail. */
export function claimView(state: ClaimState, width?: number): string {
  const stands =
    state.outcome ?? (state.withdrawing ? `withdrawing: ${state.withdrawing}` : `at ${state.step ?? 'its start'}`);
  const head = [`claim ${state.claimId}: ${stands}`];
  if (state.lifecycle) head.push(`lifecycle: ${state.lifecycle}`);
  if (state.paused) head.push(`paused: ${state.paused}`);
  if (state.needsAttention) head.push(`needs attention: ${state.needsAttention}`);

  const steps = state.steps.map((step) => [
    step.step,
    String(step.round),
    step.status,
    step.decision,
    step.by ?? step.source,
    step.due,
    step.uid,
    step.problem ?? step.note,
  ]);
  const audit = state.audit.map(({ at, step, what, by, source, channel, why }) => {
    return [at, step, what, by, channel ? `${source}/${channel}` : source, why];
  });
  return [
    head.join('\n'),
    table([['STEP', 'ROUND', 'STATUS', 'DECISION', 'BY', 'DUE', 'TASK', 'NOTE'], ...steps], width),
    table([['AT', 'STEP', 'WHAT', 'BY', 'FROM', 'WHY'], ...audit], width),
  ].join('\n\n');
}

export function claimList(claims: ListedClaim[]): string {
  if (claims.length === 0) return 'no claims; start some with `flows claim start FILE`';
  const rows = claims.map((claim) => [
    claim.claimId,
    claim.status.toLowerCase(),
    claim.step,
    claim.outcome,
    claim.needsAttention ? 'yes' : '',
    claim.startTime.toISOString(),
  ]);
  return table([['CLAIM', 'STATUS', 'STEP', 'OUTCOME', 'ATTENTION', 'STARTED'], ...rows]);
}
