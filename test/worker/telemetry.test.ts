import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the telemetry of a worker', function () {
  this.timeout(60_000);

  /** What a process of its own says, since each has one runtime; `before` is what its program does first. */
  function said(before: string, env: object, then = ''): string {
    const script = `
      import { Runtime } from '@temporalio/worker';
      import { installTelemetry } from './worker/telemetry.ts';
      import { loadConfig } from './worker/config.ts';
      ${before}
      for (const _ of [1, 2]) installTelemetry(loadConfig(${JSON.stringify(env)}), { shutdownSignals: [] });
      ${then}
      process.exit();`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: 50_000 }).stderr;
  }

  it('warns, once, where the program has set up the runtime itself: its logger and its metrics count, not ours', () => {
    const lines = said('Runtime.install({});', { METRICS_PORT: '9464' }).trimEnd().split('\n');
    const ours = lines.filter((line) => line.startsWith('{'));
    assert.equal(ours.length, 1, lines.join('\n'));
    assert.match(String(ours[0]), /runtime already.*METRICS_PORT is not served/);
  });

  it('says nothing where it sets it up, and leaves the signals to whoever asks for them', () => {
    assert.equal(said('', {}, "if (process.listenerCount('SIGINT') > 0) console.error('it listens');"), '');
  });
});
