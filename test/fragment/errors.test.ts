import assert from 'node:assert/strict';
import {
  FragmentAuthError,
  FragmentRejectedError,
  FragmentUnavailableError,
  errorFor,
  reasonOf,
  retryAfterMs,
} from '../../fragment/errors.js';

describe('errorFor', () => {
  it('tells refusals, refused tokens and passing faults apart', () => {
    for (const status of [400, 404, 409, 413, 422])
      assert.ok(errorFor('GET /x', status, '') instanceof FragmentRejectedError);
    for (const status of [401, 403]) assert.ok(errorFor('GET /x', status, '') instanceof FragmentAuthError);
    for (const status of [302, 408, 429, 500, 502, 503]) {
      assert.ok(errorFor('GET /x', status, '') instanceof FragmentUnavailableError, `${status}`);
    }
  });

  it('finds the reason in every body shape, and survives those that have none', () => {
    const shapes: [unknown, string][] = [
      [{ detail: 'no such task' }, 'no such task'],
      [{ detail: [{ loc: ['body', 'items', 3, 'uid'], msg: 'not a uuid' }] }, 'body.items.3.uid: not a uuid'],
      [{ message: 'slow down' }, 'slow down'],
      [{ error: { message: 'nested' } }, 'nested'],
      ['plain words', 'plain words'],
      ['<html><body>502</body></html>', ''],
      ['', ''],
      [{ other: 1 }, ''],
      [null, ''],
    ];
    for (const [body, reason] of shapes) assert.equal(reasonOf(body), reason);
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates, and clamps both to between 1 and 300 seconds', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    assert.equal(retryAfterMs('7', now), 7_000);
    assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:10 GMT', now), 10_000);
    assert.equal(retryAfterMs('86400', now), 300_000);
    assert.equal(retryAfterMs('0', now), 1_000);
    assert.equal(retryAfterMs('soon', now), undefined);
    assert.equal(retryAfterMs(undefined, now), undefined);
  });
});
