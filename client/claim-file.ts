import type { Claim } from '../workflows/claim/contract.js';
import { claimSchema } from '../workflows/claim/schema.js';
import { digestOf } from './digest.js';
import { InputError } from './errors.js';
import { claimFromFhir } from './fhir.js';
import { parseInput } from './input.js';
import { readRecords, type FileRecord, type Place } from './json-records.js';

export interface FileClaim extends Place {
  claim: Claim;
}

export interface FileProblem extends Place {
  id?: string;
  message: string;
}

export interface ClaimFile {
  claims: FileClaim[];
  problems: FileProblem[];
}

/**
 * The claims in a text: a JSON object, a JSON array, NDJSON, or a FHIR Bundle; of FHIR R4 Claims, our own claims, or
 * both. A bad one is a problem and keeps no good one back. A claim that stands there twice is one claim.
 */
export function readClaims(text: string): ClaimFile {
  const { records, problems } = readRecords(text);
  const file: ClaimFile = { claims: [], problems: [...problems] };
  const seen = new Map<string, { digest: string; place: string }>();

  for (const { value, ...place } of records.flatMap(outOfBundle)) {
    try {
      const claim = claimOf(value);
      const digest = digestOf(claim);
      const earlier = seen.get(claim.id);
      if (!earlier) {
        seen.set(claim.id, { digest, place: placeOf(place) });
        file.claims.push({ ...place, claim });
      } else if (earlier.digest !== digest) {
        const message = `id: is the id of another claim too, at ${earlier.place}; that one is kept`;
        file.problems.push({ ...place, id: claim.id, message });
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      file.problems.push({ ...place, ...idOf(value), message: error.message });
    }
  }
  file.problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.index ?? 0) - (b.index ?? 0));
  return file;
}

/** `line 3: claim c-1: total.value: must be greater than 0 (got -12)` */
export function describeProblem({ id, message, ...place }: FileProblem): string {
  const where = placeOf(place);
  return `${where ? `${where}: ` : ''}${id ? `claim ${id}: ` : ''}${message}`;
}

function placeOf({ line, index }: Place): string {
  if (line !== undefined) return `line ${line}${index === undefined ? '' : ` (item ${index})`}`;
  return index === undefined ? '' : `item ${index}`;
}

/** A Bundle's Claims stand for it; its patients, encounters and the rest are none of our business. */
function outOfBundle(record: FileRecord): FileRecord[] {
  const { value, ...place } = record;
  if (!isObject(value) || value.resourceType !== 'Bundle') return [record];
  const entries: unknown[] = Array.isArray(value.entry) ? value.entry : [];
  const claims = entries.flatMap((entry, index) => {
    const resource = isObject(entry) ? entry.resource : undefined;
    return isObject(resource) && resource.resourceType === 'Claim' ? [{ ...place, index, value: resource }] : [];
  });
  // An empty Bundle stays in the list, to be complained of.
  return claims.length > 0 ? claims : [record];
}

function claimOf(value: unknown): Claim {
  if (!isObject(value)) throw new InputError(['must be a claim, a JSON object']);
  if (value.resourceType === 'Bundle') throw new InputError(['entry: the Bundle holds no Claim']);
  return 'resourceType' in value ? claimFromFhir(value) : parseInput(claimSchema, value);
}

function idOf(value: unknown): { id?: string } {
  return isObject(value) && typeof value.id === 'string' && value.id.length <= 200 ? { id: value.id } : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
