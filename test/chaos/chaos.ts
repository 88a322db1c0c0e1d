import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Claims, type ClaimResult, type ClaimState } from '../../client/index.js';
import { CLAIM_WORKFLOW, claimWorkflowId } from '../../workflows/claim/contract.js';
import { Backend } from './backend.js';
import { violations, type EndedClaim } from './checks.js';
import { PARTS, planChaos, type Plan, type PlannedClaim } from './plan.js';
import { readRecord } from './record.js';
import { roll, rollingViolations, type Replaced } from './rolling.js';
import { setChaosStage, type ChaosStage } from './stage.js';

export interface ChaosOptions {
  seed: number;
  claims: number;
  faults: number;
  /** Replaces each worker once, as a deployment does. */
  rolling?: boolean;
  /** After the last fault, for the claims to end. @default 420 */
  settleSeconds?: number;
  say?: (line: string) => void;
}

export interface ChaosReport {
  violations: string[];
  figures: {
    seed: number;
    claims: Record<string, number>;
    faults: number;
    faultsByKind: Record<string, number>;
    kills: Record<string, number>;
    /** Processes that ended though nobody killed them, and were started again. */
    deaths: Record<string, number>;
    verbs: Record<string, number>;
    replaced?: Replaced[];
    tasks: number;
    requests: number;
    maxIn60s: number;
    seconds: number;
  };
  /** Where the journal, the database and the logs are; only where something is wrong. */
  directory?: string;
}

/** High, so that a seed takes minutes and not an hour; sandbox and gateway agree on it, as they do on 60. */
const REQUESTS_PER_MINUTE = 600;
/** These run for ever. */
const ACCOUNT_WORKFLOWS = ['taskFeed', 'gatewayLease', 'reconcile'];

/**
 * Runs claims through the faults that the seed decides, and checks what has become of them. The plan is the same for the
 * same arguments; what it meets at which instant is up to the machine.
 */
export async function runChaos({
  rolling = false,
  settleSeconds = 420,
  say = () => undefined,
  ...options
}: ChaosOptions): Promise<ChaosReport> {
  const began = performance.now();
  const plan = planChaos(options);
  const directory = await mkdtemp(join(tmpdir(), `chaos-${options.seed}-`));
  const stage = await setChaosStage(plan, directory, REQUESTS_PER_MINUTE);
  const backend = new Backend(stage.temporal, plan);
  let report: ChaosReport;
  try {
    say(`seed ${options.seed}: ${plan.claims.length} claims, ${plan.faults.length} faults; logs in ${directory}`);
    const { asked, replaced } = rolling
      ? await roll(plan, { stage, backend, openClaims: () => openClaims(stage.temporal), say })
      : { asked: backend.run() };
    await play(plan, stage, say);
    await stage.heal();
    say(`all faults are over, after ${seconds(began)} s`);
    await settle(stage.temporal, asked, settleSeconds, say);
    await backend.stop();
    await quiet(stage);
    report = await lookAt(plan, stage, backend, began);
    if (replaced) {
      report.figures.replaced = replaced;
      report.violations.push(...rollingViolations(replaced));
    }
  } finally {
    await backend.stop();
    await stage.stop();
  }
  if (report.violations.length === 0) await rm(directory, { recursive: true, force: true });
  else report.directory = directory;
  return report;
}

async function play({ faults }: Plan, stage: ChaosStage, say: (line: string) => void): Promise<void> {
  const began = performance.now();
  await Promise.all(
    faults.map(async (fault) => {
      await sleep(fault.atMs - (performance.now() - began));
      say(`  ${(fault.atMs / 1_000).toFixed(1)} s ${JSON.stringify(fault)}`);
      await stage.inflict(fault);
    }),
  );
}

/** Until no claim runs, or the time is up: what has not ended by then is for the checks to name. */
async function settle(
  temporal: Client,
  asked: Promise<void>,
  forSeconds: number,
  say: (line: string) => void,
): Promise<void> {
  const deadline = performance.now() + forSeconds * 1_000;
  let open = await openClaims(temporal);
  while (open > 0 && performance.now() < deadline) {
    await sleep(2_000);
    const now = await openClaims(temporal);
    if (now !== open) say(`  ${now} claims open`);
    open = now;
  }
  await Promise.race([asked, sleep(Math.max(5_000, deadline - performance.now()), undefined, { ref: false })]);
}

async function openClaims(temporal: Client): Promise<number> {
  const { count } = await temporal.workflow.count("WorkflowType = 'claim' AND ExecutionStatus = 'Running'");
  return count;
}

/** People finish what they have reopened; bounded, since a task that nobody finishes is what the checks look for. */
async function quiet({ journal }: ChaosStage): Promise<void> {
  for (let waited = 0; waited < 15_000; waited += 500) {
    const tasks = [...readRecord(journal).tasks.values()];
    if (waited >= 5_000 && tasks.every(({ happenings }) => happenings.at(-1)?.event.status === 'DONE')) return;
    await sleep(500);
  }
}

async function lookAt(plan: Plan, stage: ChaosStage, backend: Backend, began: number): Promise<ChaosReport> {
  const ended: EndedClaim[] = [];
  for (const planned of plan.claims) ended.push(await lookAtClaim(stage.temporal, planned));
  const copy = `${stage.journal}.end`;
  await copyFile(stage.journal, copy);
  const record = readRecord(copy);
  const { total: requests, maxIn60s } = stage.requests;
  const outcomes = ended.map(({ result }) => result?.outcome ?? 'none');
  return {
    violations: violations({
      record,
      claims: ended,
      asked: backend.asked,
      running: await running(stage.temporal),
      requests: { maxIn60s, limit: REQUESTS_PER_MINUTE },
    }),
    figures: {
      seed: plan.seed,
      claims: { started: plan.claims.length, ...tally(outcomes) },
      faults: Object.values(stage.faults).reduce((sum, count) => sum + count, 0),
      faultsByKind: stage.faults,
      kills: Object.fromEntries(PARTS.map((name) => [name, stage.parts[name].kills])),
      deaths: Object.fromEntries(PARTS.map((name) => [name, stage.parts[name].deaths.length])),
      verbs: tally(backend.asked.map(({ verb, answer }) => `${verb} ${answer}`)),
      tasks: record.tasks.size,
      requests,
      maxIn60s,
      seconds: seconds(began),
    },
  };
}

async function lookAtClaim(temporal: Client, planned: PlannedClaim): Promise<EndedClaim> {
  const handle = temporal.workflow.getHandle(claimWorkflowId(planned.claim.id));
  const { status } = await handle.describe();
  if (status.name === 'RUNNING') {
    const state = await stateOf(temporal, planned).catch(() => undefined);
    const at = state?.steps.at(-1);
    const where = `${at?.step} ${at?.round}, ${at?.status}, task ${at?.uid}, since ${at?.since}`;
    return {
      planned,
      problem: `has not ended: it is at ${where}; waits for ${await pending(temporal, handle.workflowId)}`,
    };
  }
  try {
    const result = (await handle.result()) as ClaimResult;
    return { planned, result, state: await stateOf(temporal, planned) };
  } catch (error) {
    return { planned, problem: `ended ${status.name}, and does not tell how: ${innermost(error)}` };
  }
}

/** A query is answered by a worker that first replays the process: on a busy machine the client's patience may end before. */
async function stateOf(temporal: Client, { claim }: PlannedClaim): Promise<ClaimState> {
  const claims = new Claims(temporal);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await claims.state(claim.id);
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

/** A claim that still runs is told of by itself. */
async function running(temporal: Client): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId, type } of temporal.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    if (type === CLAIM_WORKFLOW || ACCOUNT_WORKFLOWS.includes(type)) continue;
    found.push(`${type} ${workflowId}, which waits for ${await pending(temporal, workflowId)}`);
  }
  return found;
}

async function pending(temporal: Client, workflowId: string): Promise<string> {
  const { raw } = await temporal.workflow.getHandle(workflowId).describe();
  const activities = (raw.pendingActivities ?? []).map(
    ({ activityType, attempt, lastFailure }) =>
      `${activityType?.name} (attempt ${attempt}${lastFailure?.message ? `: ${lastFailure.message}` : ''})`,
  );
  return activities.join(', ') || 'no activity';
}

function innermost(error: unknown): string {
  return error instanceof Error && error.cause ? innermost(error.cause) : String(error);
}

function tally(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const seconds = (began: number): number => Math.round((performance.now() - began) / 100) / 10;
