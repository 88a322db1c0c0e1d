import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describeProblem, readClaims, type Claim, type Lifecycle } from '../client/index.js';
import { LIFECYCLES } from '../workflows/tasks/contract.js';
import { CliError, note } from './output.js';
import { inputName, readInput } from './session.js';

const EXAMPLES = 'examples/claims.ndjson';

export interface DemoClaim {
  claim: Claim;
  lifecycle: Lifecycle;
}

export interface DemoInput {
  claims?: string;
  count?: number;
  lifecycle?: Lifecycle;
}

/** The claims to run; what is wrong with the others has been said on standard error. */
export async function demoClaims({
  claims: file,
  count,
  lifecycle,
}: DemoInput): Promise<{ claims: DemoClaim[]; bad: number }> {
  const { claims, problems } = readClaims(await readInput(file ?? exampleFile()));
  for (const problem of problems) note(`error: ${inputName(file ?? EXAMPLES)}: ${describeProblem(problem)}`);
  const read = claims.map(({ claim }) => claim);
  if (read.length === 0) throw new CliError(`${inputName(file ?? EXAMPLES)}: no claim in it can be started`, 2);

  const wanted = count === undefined ? read : [...numbered(read, count)];
  // Nobody has asked for anything in particular: the examples show both lifecycles, under ids of their own.
  const both = !file && !lifecycle && count === undefined;
  const runs = wanted.map((claim): DemoClaim => ({ claim, lifecycle: lifecycle ?? LIFECYCLES[0]! }));
  if (both)
    runs.push(
      ...wanted.map((claim): DemoClaim => ({
        claim: { ...claim, id: `${claim.id}-single` },
        lifecycle: 'single-task',
      })),
    );
  return { claims: runs, bad: problems.length };
}

/** The first so many; beyond the file's end it begins again, with new ids. */
function* numbered(claims: Claim[], count: number): Generator<Claim> {
  const taken = new Set(claims.map(({ id }) => id));
  for (let at = 0; at < count; at += 1) {
    const claim = claims[at % claims.length]!;
    const lap = Math.floor(at / claims.length) + 1;
    const id = lap === 1 ? claim.id : unused(`${claim.id}-${lap}`, taken);
    taken.add(id);
    yield { ...claim, id };
  }
}

function unused(id: string, taken: ReadonlySet<string>): string {
  return taken.has(id) ? unused(`${id}-again`, taken) : id;
}

function exampleFile(): string {
  // By the package's own name: this file runs from cli/ and from wherever it is built alike.
  const found = join(dirname(createRequire(import.meta.url).resolve('fragment-flows/package.json')), EXAMPLES);
  if (!existsSync(found)) throw new CliError(`${EXAMPLES} is not there: name a file with --claims`, 2);
  return found;
}
