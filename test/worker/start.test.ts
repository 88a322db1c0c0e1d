import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDevServer } from '../../worker/embedded/temporal.js';

const LATE_FAILURE = fileURLToPath(new URL('late-failure.ts', import.meta.url));

describe('A worker that cannot start', function () {
  this.timeout(180_000);

  it('ends, whatever it had opened by then: nobody would restart one that stays and does nothing', async () => {
    const server = await startDevServer({ headless: true });
    const environment = { TEMPORAL_ADDRESS: server.address, FRAGMENT_API_TOKEN: 'token', HEALTH_PORT: '0' };
    try {
      const ended = promisify(execFile)(process.execPath, ['--import', 'tsx', LATE_FAILURE], {
        env: { ...process.env, ...environment },
        timeout: 120_000,
      });
      await assert.rejects(ended, { killed: false, code: 1, stderr: /error: .*exceeds maximum allowed length/ });
    } finally {
      await server.stop();
    }
  });
});
