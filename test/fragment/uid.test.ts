import assert from 'node:assert/strict';
import { taskSchema } from '../../fragment/schema.js';
import { taskUid } from '../../fragment/uid.js';

describe('taskUid', () => {
  // Computed with Python's hashlib and uuid (fact sheet, 6.1).
  const golden = {
    'ticket#ID#123': 'c6951f29-e70d-04c9-3733-50f90b248db2',
    '123': '202cb962-ac59-075b-964b-07152d234b70',
    é: '66ddcd97-cfde-abb2-f6fb-8a999b4bc76f',
  };
  for (const [key, uid] of Object.entries(golden)) {
    it(`makes ${uid} of ${key}`, () => assert.equal(taskUid(key), uid));
  }

  it('makes uids that are no RFC 9562 UUIDs, and a task may carry them', () => {
    assert.equal(taskSchema.parse({ uid: golden['123'] }).uid, golden['123']);
  });
});
