import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { claimFromFhir } from '../../client/fhir.js';
import { minorUnits } from '../../client/minor-units.js';

const fhir = (changes: object = {}) => ({
  resourceType: 'Claim',
  id: 'c-1',
  status: 'active',
  use: 'claim',
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/claim-type', code: 'institutional' }] },
  priority: { coding: [{ code: 'normal' }] },
  created: '2017-09-29T08:20:36+00:00',
  patient: { reference: 'urn:uuid:7b91', display: 'Theola Stoltenberg' },
  provider: { reference: 'urn:uuid:8ad6' },
  diagnosis: [{ sequence: 1, diagnosisReference: { reference: 'urn:uuid:014b' } }],
  item: [{ sequence: 1, productOrService: { text: 'Encounter for check up' } }],
  total: { value: 910.54, currency: 'USD' },
  ...changes,
});

describe('claimFromFhir', () => {
  it('takes over what the process needs and leaves names, diagnoses and items behind', () => {
    assert.deepEqual(claimFromFhir(fhir()), {
      id: 'c-1',
      total: { amount: 91_054, currency: 'USD' },
      type: 'institutional',
      priority: 'normal',
      created: '2017-09-29T08:20:36+00:00',
      patient: 'urn:uuid:7b91',
      provider: 'urn:uuid:8ad6',
    });
  });

  it('needs no more than an id and a total', () => {
    const claim = claimFromFhir({ resourceType: 'Claim', id: 'c-2', total: { value: 1, currency: 'EUR' } });
    assert.deepEqual(claim, { id: 'c-2', total: { amount: 100, currency: 'EUR' } });
  });

  const refused: [string, object, RegExp][] = [
    [
      'a total below zero',
      { total: { value: -12, currency: 'USD' } },
      /^total\.value: must be greater than 0 \(got -12\)$/,
    ],
    ['a total of zero', { total: { value: 0, currency: 'USD' } }, /^total\.value: must be greater than 0 \(got 0\)$/],
    ['no total', { total: undefined }, /^total: is missing$/],
    ['no currency', { total: { value: 5 } }, /^total\.currency: is missing$/],
    [
      'a currency that is none',
      { total: { value: 5, currency: 'usd' } },
      /^total\.currency: must be an ISO 4217.*"usd"/,
    ],
    ['a total as text', { total: { value: '5', currency: 'USD' } }, /^total\.value: must be a number \(got "5"\)$/],
    [
      'more decimals than the currency',
      { total: { value: 1.005, currency: 'USD' } },
      /^total\.value: has more decimals/,
    ],
    ['decimals of yen', { total: { value: 10.5, currency: 'JPY' } }, /JPY has 0/],
    ['a cancelled claim', { status: 'cancelled' }, /^status: .*"cancelled".*withdrawn/],
    ['one entered in error', { status: 'entered-in-error' }, /^status: .*by mistake/],
    ['a preauthorization', { use: 'preauthorization' }, /^use: must be claim/],
    ['an id with a space', { id: 'a b' }, /^id: must not contain spaces/],
    ['an id with #', { id: 'a#b' }, /^id: /],
    ['no id', { id: undefined }, /^id: is missing$/],
    ['another resource', { resourceType: 'Patient' }, /^resourceType: must be "Claim" \(got "Patient"\)$/],
    ['a date that is none', { created: 'yesterday' }, /^created: must be a date/],
  ];
  for (const [what, changes, message] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => claimFromFhir(fhir(changes)), { name: 'InputError', message }));
  }

  it('names every wrong field at once', () => {
    const both = fhir({ status: 'draft', total: undefined });
    assert.throws(() => claimFromFhir(both), /status: .*; total: is missing/);
  });
});

describe('minorUnits', () => {
  const golden: [number, string, number][] = [
    [910.54, 'USD', 91_054],
    [1.1, 'USD', 110],
    [1.15, 'USD', 115],
    [4.35, 'USD', 435],
    [8.2, 'EUR', 820],
    [1005.01, 'USD', 100_501],
    [0.07, 'USD', 7],
    [500, 'JPY', 500],
    [1.234, 'KWD', 1_234],
    [66_841.55, 'USD', 6_684_155],
    [9_999_999_999_999.99, 'USD', 999_999_999_999_999],
  ];
  for (const [value, currency, amount] of golden) {
    it(`counts ${value} ${currency} as ${amount}`, () => assert.equal(minorUnits(value, currency), amount));
  }

  it('refuses what cannot be counted exactly', () => {
    for (const value of [1e-7, 1e13, 1e15, 1e21, 1e300, Infinity, NaN])
      assert.throws(() => minorUnits(value, 'USD'), RangeError);
  });
});
