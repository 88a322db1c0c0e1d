import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Machine } from '../../bench/machine.js';
import { mustHoldMappings } from '../../bench/scale/mappings.js';
import { writePoints } from '../../bench/scale/page.js';
import type { Point } from '../../bench/scale/run.js';

const MAIN = fileURLToPath(new URL('../../bench/scale/main.ts', import.meta.url));

describe('npm run scale, with few claims', function () {
  this.timeout(300_000);
  let folder: string;
  let point: Point;
  let machine: Machine;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scale-'));
    const options = ['--claims', '20', '--limit', '600', '--hold', '1', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', MAIN, ...options], {
      timeout: 280_000,
    });
    const report = JSON.parse(stdout) as { points: [Point]; machine: Machine };
    [point] = report.points;
    machine = report.machine;
  });
  after(() => rm(folder, { recursive: true }));

  it('opens, holds, reconciles and finishes them, and loses none', () => {
    assert.deepEqual([point.claims, point.wrongs], [20, []]);
    const { open, hold, reconcile, finish } = point;
    assert.deepEqual([hold.feed.way, hold.feed.awaited], ['list', 20]);
    assert.ok(reconcile.requests > 0 && reconcile.stated > 0);
    // Held for a second, in which the feed may have had nothing to ask.
    assert.ok([open, finish].every((phase) => phase && phase.requests > 0));
    assert.ok(point.eventLoop.busyPercent > 0 && point.history.events > 0);
  });

  it('puts the curve into the page, and keeps the points that were not run again', async () => {
    const page = join(folder, 'page.md');
    await writeFile(page, 'Before.\n\n<!-- bench:scale --><!-- /bench:scale -->\n');
    const another: Point = { ...point, claims: 5 };
    await writePoints(page, [point], machine);
    await writePoints(page, [another], machine);
    const both = await readFile(page, 'utf8');
    assert.match(both, /\| 5 open \| 20 open \|/);
    assert.match(both, /x-axis \[5, 20\]/);
    await writePoints(page, [another], machine);
    assert.equal(await readFile(page, 'utf8'), both);
  });

  it('says how to repeat a point whose claims were left open', async () => {
    const page = join(folder, 'open.md');
    await writeFile(page, '<!-- bench:scale --><!-- /bench:scale -->\n');
    const standing: Point = { ...point, claims: 30 };
    delete standing.finish;
    await writePoints(page, [point, standing], machine);
    const text = await readFile(page, 'utf8');
    assert.match(text, /`npm run scale -- --claims 20`/);
    assert.match(text, /`npm run scale -- --claims 30 --no-finish`/);
    assert.match(text, /\| finished in, s \| [\d.]+ \| still open \|/);
  });

  it('are no more than the memory mappings of the Temporal server allow', async () => {
    const limit = join(folder, 'max_map_count');
    await writeFile(limit, '65530\n');
    await mustHoldMappings(60_000, limit);
    await assert.rejects(mustHoldMappings(100_000, limit), /65530: raise it, as root, with .*max_map_count=262144$/);
    await mustHoldMappings(1_000_000, join(folder, 'not-linux'));
  });
});
