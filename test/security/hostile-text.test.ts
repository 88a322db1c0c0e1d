/** Text of people and servers, wherever it is shown: it stays text. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { claimView } from '../../cli/claim-view.js';
import { plain } from '../../cli/output.js';
import { Claims } from '../../client/index.js';
import { flows } from '../cli/flows.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Clears the screen, sets the window's title, rings, goes back to the start of the line, and turns the text about. */
const STEERING = '\u001b[2J\u001b]0;owned\u0007\r\u009b31m\u202Eno';

describe('hostile text', function () {
  this.timeout(120_000);

  it('does not steer the terminal that a claim is shown in, nor add a line to it', () => {
    const by = `ada${STEERING}\n2026-01-01 approval approve`;
    const at = '2026-03-01T09:30:00Z';
    const shown = claimView({
      claimId: 'C-1',
      lifecycle: 'task-per-step',
      needsAttention: STEERING,
      paused: STEERING,
      steps: [{ step: 'review', round: 1, status: 'done', since: at, by, note: STEERING }],
      audit: [{ at, what: 'approve', source: 'person', by, why: by }],
    });
    const printed = plain(shown);
    assert.doesNotMatch(printed, /(?!\n)\p{Cc}|[\u202A-\u202E\u2066-\u2069]/u);
    assert.equal(printed.split('\n').filter((line) => line.includes('approval approve')).length, 2);
    assert.equal(printed.split('\n').length, shown.split('\n').length);
  });

  it('does not steer the terminal out of an error message', async () => {
    const { code, stdout, stderr } = await flows(['claim', 'start', `no-such-file${STEERING}`]);
    assert.equal(code, 2);
    assert.match(stderr, /no-such-file/);
    assert.doesNotMatch(stdout + stderr, /(?![\n\t])\p{Cc}|\u202E/u);
  });

  it('makes neither link, picture nor element of the summary and details that the Web UI reads as Markdown', async () => {
    const started: Record<string, unknown>[] = [];
    const start = (_: string, options: Record<string, unknown>) => void started.push(options);
    const withDeadline = (_: number, ask: () => Promise<unknown>) => ask();
    const claims = new Claims({ workflow: { start }, connection: {}, withDeadline } as unknown as Client);
    const type = '![x](http://evil.example/a.png)<img/src=x>';
    await claims.start({ id: '[pay](http://evil.example)', total: { amount: 1, currency: 'USD' }, type });
    const { staticSummary, staticDetails } = started[0] ?? {};
    assert.match(String(staticSummary), /^Claim \\\[pay\\\]\(http/);
    assert.match(String(staticDetails), /type: \\!\\\[x\\\]\(http:\/\/evil\.example\/a\.png\)\\<img/);
  });

  it('is one line of the log, whatever it holds', () => {
    const script = `
      import { installTelemetry } from './worker/telemetry.ts';
      import { loadConfig } from './worker/config.ts';
      const log = installTelemetry(loadConfig({}));
      log.info({ uid: ${JSON.stringify(STEERING)}, why: 'no\\n{"level":30,"msg":"paid"}' }, 'told\\n{"msg":"paid"}');
      process.exit();`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const { stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: 100_000 });
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, 1, stderr);
    const { msg, why } = JSON.parse(String(lines[0])) as Record<string, string>;
    assert.deepEqual([msg, why], ['told\n{"msg":"paid"}', 'no\n{"level":30,"msg":"paid"}']);
    assert.ok(!stderr.includes('\u001b'));
  });
});
