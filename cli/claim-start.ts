import type { Client } from '@temporalio/client';
import { mapBounded } from '../activities/bounded.js';
import {
  ClaimFailedError,
  Claims,
  describeProblem,
  readClaims,
  type FileClaim,
  type FileProblem,
  type Lifecycle,
} from '../client/index.js';
import { STARTS_AT_ONCE, WAITS_AT_ONCE } from './at-once.js';
import { messageOf } from './failure.js';
import { noteVacancy } from './lease-status.js';
import { exitWith, note, print, printJson } from './output.js';
import { withProgress } from './progress.js';
import { inputName, readInput, withTemporal } from './session.js';

interface StartOptions {
  lifecycle: Lifecycle;
  account?: string;
  wait?: boolean;
  json?: boolean;
}

interface StartedLine {
  claimId: string;
  workflowId: string;
  started: boolean;
  /** Absent where nobody waited, or where the wait failed: such a claim may well go on. */
  outcome?: string;
}

/** Starts every good claim of the file; the bad ones are listed and cost the exit code, nothing else. */
export async function startClaims(file: string, { lifecycle, account, wait, json }: StartOptions): Promise<void> {
  const { claims, problems } = readClaims(await readInput(file));
  const tell = (problem: FileProblem) => note(`error: ${inputName(file)}: ${describeProblem(problem)}`);
  for (const problem of problems) tell(problem);
  const started = claims.length > 0 ? await withTemporal(run) : [];

  if (json) printJson({ claims: started, problems });
  else print(summary(started, problems));
  if (claims.length === 0) exitWith(2);
  else if (problems.length > 0 || started.some(({ outcome }) => outcome === 'failed')) exitWith(1);

  async function run(client: Client): Promise<StartedLine[]> {
    const service = new Claims(client);
    const lines = await startAll(service);
    if (lines.length === 0) return lines;
    const told = noteVacancy(client, account, 'they wait');
    const [last] = await Promise.all([wait ? awaitAll(service, lines) : lines, told]);
    return last;
  }

  async function startAll(service: Claims): Promise<StartedLine[]> {
    const answers = await mapBounded(claims, STARTS_AT_ONCE, (item) => startOne(service, item));
    return answers.filter((line) => line !== undefined);
  }

  function awaitAll(service: Claims, lines: StartedLine[]): Promise<StartedLine[]> {
    let ended = 0;
    return withProgress(
      () => `${ended} of ${lines.length} ended`,
      () =>
        mapBounded(lines, WAITS_AT_ONCE, async (line) => {
          const last = await awaitEnd(service, line);
          if (last.outcome) ended += 1;
          return last;
        }),
    );
  }

  async function startOne(service: Claims, { claim, ...place }: FileClaim): Promise<StartedLine | undefined> {
    try {
      const line = { claimId: claim.id, ...(await service.start(claim, { lifecycle, account })) };
      if (!json) print(`${line.claimId}: ${line.started ? 'started' : 'was started before'}`);
      return line;
    } catch (error) {
      complain({ ...place, id: claim.id, message: messageOf(error).replace(`claim ${claim.id}: `, '') });
      return undefined;
    }
  }

  function complain(problem: FileProblem): void {
    problems.push(problem);
    tell(problem);
  }

  async function awaitEnd(service: Claims, line: StartedLine): Promise<StartedLine> {
    try {
      const { outcome, reason } = await service.result(line.claimId);
      if (!json) print(`${line.claimId}: ${outcome}${reason ? ` (${reason})` : ''}`);
      return { ...line, outcome };
    } catch (error) {
      complain({ id: line.claimId, message: messageOf(error).replace(`claim ${line.claimId}: `, '') });
      return error instanceof ClaimFailedError ? { ...line, outcome: 'failed' } : line;
    }
  }
}

function summary(lines: StartedLine[], problems: FileProblem[]): string {
  const fresh = lines.filter(({ started }) => started).length;
  return `${fresh} started, ${lines.length - fresh} were started before, ${problems.length} with problems`;
}
