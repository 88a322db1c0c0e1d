import type { Claim } from '../workflows/claim/contract.js';
import { claimSchema } from '../workflows/claim/schema.js';
import { InputError } from './errors.js';
import { got, parseInput } from './input.js';
import { minorUnits } from './minor-units.js';

/**
 * A FHIR R4 `Claim` as our claim. Names, diagnoses and items are left behind: what a process carries is kept in
 * Temporal's history, so people appear as references only.
 * @throws InputError naming each wrong field by its FHIR path.
 */
export function claimFromFhir(resource: unknown): Claim {
  const source = objectAt(resource);
  if (!source) throw new InputError(['must be a FHIR Claim, a JSON object']);
  if (source.resourceType !== 'Claim')
    throw new InputError([`resourceType: must be "Claim"${got(source.resourceType)}`]);

  const problems = [...refusals(source)];
  const total = totalOf(source.total, problems);
  if (source.id === undefined) problems.push('id: is missing');
  if (problems.length > 0 || !total) throw new InputError(problems);

  const claim = {
    id: source.id,
    total,
    type: codeOf(source.type),
    priority: codeOf(source.priority),
    created: source.created,
    patient: referenceOf(source.patient),
    provider: referenceOf(source.provider),
  };
  return parseInput(claimSchema, Object.fromEntries(Object.entries(claim).filter(([, value]) => value !== undefined)));
}

/** A claim that its sender took back, or never sent, would be paid by mistake. */
function* refusals({ status, use }: Record<string, unknown>): Generator<string> {
  if (status !== undefined && status !== 'active') {
    const why = REFUSED_STATUS.get(status) ?? 'it is not a status that FHIR knows for a claim to be paid';
    yield `status: must be active${got(status)}: ${why}`;
  }
  if (use !== undefined && use !== 'claim') yield `use: must be claim${got(use)}: nothing has been billed yet`;
}

const REFUSED_STATUS = new Map<unknown, string>([
  ['cancelled', 'the sender has withdrawn it'],
  ['entered-in-error', 'the sender made it by mistake'],
  ['draft', 'the sender has not submitted it'],
]);

function totalOf(value: unknown, problems: string[]): Claim['total'] | undefined {
  if (value === undefined || value === null) return complain('total: is missing');
  const total = objectAt(value);
  if (!total) return complain('total: must be an object with value and currency');
  const { value: decimal, currency } = total;
  if (decimal === undefined) return complain('total.value: is missing');
  if (typeof decimal !== 'number') return complain(`total.value: must be a number${got(decimal)}`);
  if (currency === undefined) return complain('total.currency: is missing');
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    return complain(
      `total.currency: must be an ISO 4217 code of three upper-case letters, such as USD${got(currency)}`,
    );
  }
  try {
    return { amount: minorUnits(decimal, currency), currency };
  } catch (error) {
    return complain(`total.value: ${(error as RangeError).message}`);
  }

  function complain(problem: string): undefined {
    problems.push(problem);
    return undefined;
  }
}

function codeOf(concept: unknown): unknown {
  const codings = objectAt(concept)?.coding;
  return Array.isArray(codings) ? (objectAt(codings[0])?.code ?? undefined) : undefined;
}

function referenceOf(value: unknown): unknown {
  return objectAt(value)?.reference ?? undefined;
}

function objectAt(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
