import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { describeProblem, readClaims } from '../../client/claim-file.js';

const own = (id: string, amount = 100) => ({ id, total: { amount, currency: 'USD' } });
const fhir = (id: string, value = 1) => ({
  resourceType: 'Claim',
  id,
  status: 'active',
  total: { value, currency: 'USD' },
});
const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
const ids = (text: string) => readClaims(text).claims.map(({ claim }) => claim.id);
const told = (text: string) => readClaims(text).problems.map(describeProblem);

describe('readClaims', () => {
  it('reads one object, pretty-printed or not', () => {
    assert.deepEqual(ids(JSON.stringify(own('a'), null, 2)), ['a']);
    assert.deepEqual(ids(JSON.stringify(fhir('b'))), ['b']);
  });

  it('reads NDJSON of both kinds, with blank lines, CRLF and a byte order mark', () => {
    const text = `\uFEFF${lines(own('a'), fhir('b')).replace('\n', '\r\n\r\n')}\n`;
    assert.deepEqual(readClaims(text), {
      claims: [
        { line: 1, claim: own('a') },
        { line: 3, claim: own('b') },
      ],
      problems: [],
    });
  });

  it('keeps the good ones beside the bad ones, and names line and field', () => {
    const text = `${lines(own('a'), fhir('b', -12))}\nnonsense\n${lines({ ...own('d'), colour: 'red' }, own('e'))}`;
    assert.deepEqual(ids(text), ['a', 'e']);
    assert.deepEqual(told(text), [
      'line 2: claim b: total.value: must be greater than 0 (got -12)',
      'line 3: is not JSON: it ends too early, or starts with something else',
      'line 4: claim d: has no key colour',
    ]);
  });

  it('reads on where the first line of NDJSON is a list: it is one bad line', () => {
    const text = `[1, 2]\n${lines(own('a'), own('b'))}`;
    assert.deepEqual(ids(text), ['a', 'b']);
    assert.deepEqual(told(text), ['line 1: must be a claim, a JSON object']);
  });

  it('names the line of an array element', () => {
    const text = `[\n  ${JSON.stringify(own('a,[]"{'))},\n  {\n    "id": "b"\n  },\n  7\n]`;
    const { claims, problems } = readClaims(text);
    assert.deepEqual(
      claims.map(({ line, index }) => [line, index]),
      [[2, 0]],
    );
    assert.deepEqual(problems.map(describeProblem), [
      'line 3 (item 1): claim b: total: is missing',
      'line 6 (item 2): must be a claim, a JSON object',
    ]);
  });

  it('takes the same claim twice as one, and a different one of the same id as a problem', () => {
    const text = lines(own('a'), fhir('a', 1), own('a', 200));
    assert.deepEqual(ids(text), ['a']);
    assert.deepEqual(told(text), ['line 3: claim a: id: is the id of another claim too, at line 1; that one is kept']);
  });

  it("reads a Bundle's claims and passes over the rest", () => {
    const entry = [
      { resource: { resourceType: 'Patient', id: 'p' } },
      { resource: fhir('a') },
      { resource: fhir('b', 0) },
    ];
    const text = JSON.stringify({ resourceType: 'Bundle', entry });
    assert.deepEqual(ids(text), ['a']);
    assert.match(told(text)[0] ?? '', /item 2\): claim b: total\.value/);
    assert.match(told('{"resourceType":"Bundle"}')[0] ?? '', /holds no Claim/);
  });

  it('tells a text that is no JSON in one problem, without quoting it', () => {
    for (const text of ['id,total\n1,2\n3,4', '[{"id":"a"},\n{"id":"b"}\n', '{\n "id": "Theola"\n "x": 1\n}']) {
      const { claims, problems } = readClaims(text);
      assert.equal(claims.length, 0);
      assert.equal(problems.length, 1, text);
      assert.match(problems[0]?.message ?? '', /^is neither JSON nor NDJSON: /);
      assert.doesNotMatch(problems[0]?.message ?? '', /Theola/);
    }
  });

  it('tells that a text is empty', () => {
    for (const text of ['', ' \n', '[]']) assert.match(told(text).join(), /empty/);
  });

  it('reads the example file, with claims on both sides of 500.00', () => {
    const { claims, problems } = readClaims(
      readFileSync(new URL('../../examples/claims.ndjson', import.meta.url), 'utf8'),
    );
    assert.deepEqual([claims.length, problems], [8, []]);
    assert.equal(claims.filter(({ claim }) => claim.total.amount >= 50_000).length, 4);
  });

  it('reads 300 claims of Synthea, none of them with a name in it', function () {
    const file = fileURLToPath(new URL('../../../shared/data/claims-synthea-r4.ndjson', import.meta.url));
    if (!existsSync(file)) {
      console.log(`      skipped: ${file} is not on this machine`);
      this.skip();
    }
    const text = readFileSync(file, 'utf8');
    const { claims, problems } = readClaims(text);
    assert.deepEqual([claims.length, problems], [300, []]);
    assert.equal(
      claims.reduce((sum, { claim }) => sum + claim.total.amount, 0),
      42_183_748,
    );
    const carried = JSON.stringify(claims);
    for (const line of text.trim().split('\n')) {
      const { patient } = JSON.parse(line) as { patient: { display: string } };
      assert.ok(!carried.includes(patient.display), patient.display);
    }
  });
});
