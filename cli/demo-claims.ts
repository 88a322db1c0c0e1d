import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { describeProblem, readClaims, type Claim, type Lifecycle } from '../client/index.js';
import { LIFECYCLES } from '../workflows/tasks/contract.js';
import { CliError, note } from './output.js';
import { inputName, readInput } from './session.js';

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
  for (const problem of problems)
    note(`error: ${inputName(file ?? 'examples/claims.ndjson')}: ${describeProblem(problem)}`);
  const read = claims.map(({ claim }) => claim);
  if (read.length === 0)
    throw new CliError(`${inputName(file ?? 'examples/claims.ndjson')}: no claim in it can be started`, 2);

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
  // From cli/ and from dist/cli/ alike.
  const places = ['../examples/claims.ndjson', '../../examples/claims.ndjson'];
  const found = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
  if (!found) throw new CliError('examples/claims.ndjson is not there: name a file with --claims', 2);
  return found;
}
