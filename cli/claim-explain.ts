import { describeProblem, readClaims, type Lifecycle } from '../client/index.js';
import { planClaim, type ClaimPlan, type Cost } from './claim-plan.js';
import { exitWith, note, print, printJson, table } from './output.js';
import { inputName, readInput } from './session.js';
import { settings } from './settings.js';

interface ExplainOptions {
  lifecycle: Lifecycle;
  json?: boolean;
}

/** Tells what `claim start` would do with the file, and starts nothing; the exit code is that of `claim start`. */
export async function explainClaims(file: string, { lifecycle, json }: ExplainOptions): Promise<void> {
  const { PAYMENTS_URL, FRAGMENT_MAX_BATCH: batch } = settings(process.env, []);
  const { claims, problems } = readClaims(await readInput(file));
  for (const problem of problems) note(`error: ${inputName(file)}: ${describeProblem(problem)}`);
  const plans = claims.map(({ claim }) => planClaim(claim, { lifecycle, provider: PAYMENTS_URL !== undefined }));
  const writes = plans.reduce((sum, { straight }) => sum + straight.writes, 0);
  const actions = plans.reduce((sum, { straight }) => sum + straight.actions, 0);
  const total = {
    claims: plans.length,
    writes,
    requests: { least: leastRequests(plans, batch), most: writes },
    actions,
  };

  if (json) printJson({ claims: plans, total, problems });
  else print([...plans.map(planView), totalView(total, batch)].join('\n\n'));
  if (claims.length === 0) exitWith(2);
  else if (problems.length > 0) exitWith(1);
}

/** Where all claims are at the same step at once. One claim's writes never share a request: each waits for the last. */
function leastRequests(plans: readonly ClaimPlan[], batch: number): number {
  const longest = Math.max(0, ...plans.map(({ straight }) => straight.writes));
  return Array.from({ length: longest }, (_, at) => {
    return Math.ceil(plans.filter(({ straight }) => straight.writes > at).length / batch);
  }).reduce((sum, each) => sum + each, 0);
}

function planView({ claimId, lifecycle, tasks, straight, rework, compensations }: ClaimPlan): string {
  const rows = tasks.map(({ step, title, due, by }) => [step, title, `${due} after it opens`, by]);
  const sentBack = Object.entries(rework).map(([from, cost]) => `sent back from ${from}: ${costView(cost)} more`);
  return [
    `claim ${claimId}, ${lifecycle === 'single-task' ? 'one task that moves' : 'a task for each step'}`,
    table([['STEP', 'TASK', 'DUE', 'DONE BY'], ...rows]),
    `costs: ${costView(straight)}`,
    ...sentBack,
    `undone if it is withdrawn or fails: ${compensations.join('; ')}`,
  ].join('\n');
}

function costView({ writes, comments, actions }: Cost): string {
  const commented = comments > 0 ? `, ${comments} comment` : '';
  return `${writes} task writes${commented}, ${actions} Temporal actions`;
}

interface Total {
  claims: number;
  writes: number;
  requests: { least: number; most: number };
  actions: number;
}

function totalView({ claims, writes, requests: { least, most }, actions }: Total, batch: number): string {
  return (
    `in all: ${claims} claims, ${writes} writes in ${least} to ${most} requests (${batch} in a batch at most), ` +
    `${actions} Temporal actions; the change feed's reads and late steps' reminders come on top`
  );
}
