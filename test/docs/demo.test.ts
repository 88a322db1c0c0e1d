import assert from 'node:assert/strict';
import { flows } from '../cli/flows.js';

interface Summary {
  claims: { started: number; paid: number; rejected: number };
  tasks: { open: number };
}

describe("the README's demo", function () {
  this.timeout(300_000);

  it('pays or rejects every claim, and leaves no task open', async () => {
    const { code, stdout, stderr } = await flows(['demo', '--json', '--count', '2']);
    assert.equal(code, 0, stderr);
    const { claims, tasks } = JSON.parse(stdout) as Summary;
    assert.equal(claims.started, 2);
    assert.equal(claims.paid + claims.rejected, 2);
    assert.ok(claims.paid > 0, stdout);
    assert.equal(tasks.open, 0);
  });
});
