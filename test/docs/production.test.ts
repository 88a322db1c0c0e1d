import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { planClaim } from '../../cli/claim-plan.js';
import { configSchema } from '../../worker/config.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/production.md`, 'utf8');

describe('docs/production.md', () => {
  it('adds up to what a claim costs by its history', () => {
    const table = page.split('## What a claim costs in Temporal')[1]?.split('\n## ')[0] ?? '';
    const times = [...table.matchAll(/^\|.*\| (\d+) +\|$/gm)].map(([, count]) => Number(count));
    const together = times.pop();
    const total = { amount: 80_000, currency: 'USD' };
    const { straight } = planClaim({ id: 'C-1', total }, { lifecycle: 'task-per-step', provider: true });
    assert.equal(times.length, 6);
    assert.deepEqual([times.reduce((sum, each) => sum + each, 0), together], [straight.actions, straight.actions]);
  });

  it('names variables that there are, and every secret', () => {
    const table = page.split('## Environment')[1]?.split('\n## ')[0] ?? '';
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) => [...row.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => String(name)));
    const known = Object.keys(configSchema.shape);
    for (const name of named) assert.ok(name.startsWith('TEMPORAL_') || known.includes(name), name);
    const secretive = known.filter((name) => /_(TOKEN|KEYS|KEY|SECRET)$/.test(name) && name !== 'FRAGMENT_COMMENT_KEY');
    const secrets = rows.filter((row) => /\| yes +\|$/.test(row)).join();
    for (const name of secretive) assert.ok(secrets.includes(`\`${name}\``), name);
  });

  it('states the times of the code and of the compose file', () => {
    const roles = readFileSync(`${root}worker/workers.ts`, 'utf8');
    for (const seconds of [25, 10]) {
      assert.match(roles, new RegExp(`shutdownGraceTime: '${seconds} seconds'`));
      assert.match(page, new RegExp(`\\| ${seconds} s`));
    }
    assert.match(readFileSync(`${root}docker-compose.yml`, 'utf8'), /stop_grace_period: 60s/);
    assert.match(page, /Give it 60 s before SIGKILL/);
  });
});
