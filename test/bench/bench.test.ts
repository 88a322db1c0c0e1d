import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Counted } from '../../bench/history.js';
import { writePage } from '../../bench/page.js';
import { percentiles } from '../../bench/percentiles.js';
import type { Report, SectionReport } from '../../bench/report.js';
import { missesBar } from '../../bench/section.js';
import type { BareShape } from '../../bench/workflows.js';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

/** Counts and shapes alone: what a machine shared with other tests measures in seconds proves no speed. */
describe('npm run bench, in its quick form', function () {
  this.timeout(600_000);
  let report: Report;

  before(async () => {
    const { stdout } = await bench('--quick', '--json');
    report = JSON.parse(stdout) as Report;
  });

  const section = (name: string): SectionReport => {
    const found = report.sections.find((each) => each.name === name);
    assert.ok(found, `no section ${name}`);
    return found;
  };

  it('says of itself that it was quick', () => {
    assert.equal(report.size, 'quick');
  });

  it('drains with the least possible requests, where one request a write meets the limit', () => {
    const { gateway, oneByOne } = section('drain').raw as {
      gateway: { fromCold: { requests: number }; fromRested: { requests: number }; s429: number };
      oneByOne: { writes: number; s429: number };
    };
    assert.deepEqual([gateway.fromCold.requests, gateway.fromRested.requests, gateway.s429], [3, 3, 0]);
    assert.ok(oneByOne.writes <= 60, `one by one: ${oneByOne.writes} writes in the first minute`);
  });

  it('acknowledges every write at every load, and meets no limit', () => {
    const { loads } = section('latency').raw as {
      loads: { ms: { count: number }; gateway: { writes: number; s429: number } }[];
    };
    assert.equal(loads.length, 5);
    for (const { ms, gateway } of loads) assert.deepEqual([ms.count, gateway.s429], [gateway.writes, 0]);
    const soak = section('soak').raw as { ms: { count: number }; sandbox: { s429: number; tasks: number } };
    assert.deepEqual([soak.sandbox.tasks, soak.sandbox.s429], [soak.ms.count, 0]);
  });

  it('counts what claims and writes cost in events', () => {
    const { raw, figures } = section('events');
    const { lifecycles } = raw as { lifecycles: (Counted & { lifecycle: string })[] };
    assert.deepEqual(
      lifecycles.map(({ lifecycle }) => lifecycle),
      ['task-per-step', 'single-task'],
    );
    for (const { byType } of lifecycles) assert.equal(byType.workflowExecutionCompleted, 1);
    assert.equal(figures.find(({ what }) => what === 'one more write')?.value, 6);
  });

  it('holds a claim against a bare workflow with the same activities and signals', () => {
    const { raw } = section('claims');
    const { shape, claimHistory, bareHistory } = raw as { shape: Pick<BareShape, 'signals'> } & Record<string, Counted>;
    const counted = ({ byType }: Counted) => [byType.activityTaskScheduled, byType.workflowExecutionCompleted];
    assert.deepEqual(counted(bareHistory!), counted(claimHistory!));
    assert.deepEqual(counted(bareHistory!), [6, 1]);
    // News may be told twice where the machine is slow, so one claim's signals need not be another's.
    assert.equal(bareHistory!.byType.workflowExecutionSignaled, shape.signals);
    assert.ok(shape.signals >= 3, String(shape.signals));
  });

  it('writes through workflows without a 429', () => {
    const { raw, figures } = section('sustained');
    const { sandbox } = raw as { sandbox: { s429: number; tasks: number } };
    assert.equal(sandbox.s429, 0);
    assert.ok(sandbox.tasks > 0);
    assert.equal(figures[0]?.atLeast, 85);
  });

  it('kills the gateway that sends, and sees the other one go on', () => {
    const { trials } = section('failover').raw as { trials: { s429: number; maxIn60s: number }[] };
    assert.equal(trials.length, 1);
    assert.equal(trials[0]?.s429, 0);
  });

  it('looks at a worker with so many open claims, and with twice as many', () => {
    const { points } = section('memory').raw as { points: { claims: number; mb: number }[] };
    assert.deepEqual(
      points.map((point) => point.claims),
      [8, 15, 30],
    );
    assert.ok(points.every(({ mb }) => mb > 0));
  });

  it('runs some sections alone', async () => {
    const { stdout } = await bench('--quick', '--json', '--only', 'drain');
    const { sections } = JSON.parse(stdout) as Report;
    assert.deepEqual(
      sections.map(({ name }) => name),
      ['drain'],
    );
  });

  it('refuses a section that there is not', async () => {
    await assert.rejects(bench('--only', 'speed'), /There is no section speed/);
  });
});

describe('the figures of a benchmark', () => {
  it('are percentiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
    assert.deepEqual(percentiles(hundred), { count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
    assert.deepEqual(percentiles([7]), { count: 1, p50: 7, p95: 7, p99: 7, max: 7 });
    assert.ok(Number.isNaN(percentiles([]).p99));
  });

  it('miss a bar that they do not reach, and one that was not measured', () => {
    const figure = { what: '', unit: '' };
    assert.equal(missesBar({ ...figure, value: 12, atMost: 12 }), false);
    assert.equal(missesBar({ ...figure, value: 84, atLeast: 85 }), true);
    assert.equal(missesBar({ ...figure, value: NaN, atLeast: 0.8 }), true);
    assert.equal(missesBar({ ...figure, value: 1 }), false);
  });
});

describe('the page of figures', () => {
  const section = (name: string): SectionReport => ({
    name,
    date: '2026-01-01',
    seconds: 1,
    configuration: { writes: 3 },
    figures: [{ what: 'drained', value: 7, unit: 's', atMost: 12 }],
    raw: { all: 3 },
  });
  const machine = { cpu: '2 × Fast', memory: '4 GiB', system: 'X', node: 'v20', temporal: 'T', commit: 'abc' };
  const report = (...names: string[]): Report => ({
    size: 'full',
    machine,
    seconds: 1,
    sections: names.map(section),
  });
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-page-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gets them between the markers, again and again, and keeps its prose', async () => {
    const path = join(folder, 'page.md');
    await writeFile(path, 'Before.\n<!-- bench:drain -->old<!-- /bench:drain -->\nAfter.\n');
    await writePage(path, report('drain'));
    const once = await readFile(path, 'utf8');
    await writePage(path, report('drain'));
    assert.equal(await readFile(path, 'utf8'), once);
    assert.match(once, /^Before\.\n[^]*\| drained \| 7 s \| ≤ 12 \| met \|[^]*\nAfter\.\n$/);
    assert.match(once, /commit abc; 2 × Fast/);
    assert.doesNotMatch(once, /old/);
  });

  it('is left alone where it has no place for one of them', async () => {
    const path = join(folder, 'page.md');
    await writeFile(path, '<!-- bench:drain --><!-- /bench:drain -->');
    await assert.rejects(writePage(path, report('drain', 'soak')), /no place for the figures of soak/);
    assert.equal(await readFile(path, 'utf8'), '<!-- bench:drain --><!-- /bench:drain -->');
  });

  it('is in docs/performance.md for every section', async () => {
    const path = join(folder, 'performance.md');
    await writeFile(path, await readFile(PAGE, 'utf8'));
    const names = ['drain', 'sustained', 'latency', 'failover', 'soak', 'events', 'memory', 'claims'];
    await writePage(path, report(...names));
  });
});

function bench(...options: string[]) {
  return promisify(execFile)(process.execPath, ['--import', 'tsx', MAIN, ...options], {
    timeout: 600_000,
    maxBuffer: 10_000_000,
  });
}
