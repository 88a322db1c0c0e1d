import assert from 'node:assert/strict';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../cli/doctor-checks.js';
import { findTemporal } from '../../worker/embedded/temporal.js';
import { flows, startFlows, type RunningFlows } from './flows.js';

describe('flows dev', function () {
  this.timeout(120_000);
  let cwd: string;
  let dev: RunningFlows | undefined;
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'dev-'));
  });
  after(async () => {
    await dev?.stop('SIGKILL');
    await rm(cwd, { recursive: true, force: true });
  });

  it("keeps Temporal and the sandbox up, without a worker where one's own is to run", async () => {
    dev = startFlows(['dev', '--no-worker', '--json'], { cwd, env: { TEMPORAL_CLI_PATH: await findTemporal() } });
    const [line] = await dev.printed(/^\{.*\}$/m);
    const { temporalUi, inbox, env } = JSON.parse(line) as Record<string, string> & { env: Record<string, string> };
    for (const url of [temporalUi, inbox]) assert.equal((await fetch(url ?? '')).status, 200, url);

    const { stdout } = await flows(['doctor', '--json'], { env });
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
    assert.equal(ok, true, stdout);
    const verdicts = new Map(findings.map(({ what, verdict }) => [what, verdict]));
    assert.equal(verdicts.get('search attributes'), 'ok');
    assert.equal(verdicts.get('workers on processes'), 'warning', 'a worker has been started');
    assert.equal(verdicts.get('gateway of the default account'), 'warning', 'somebody sends');

    const { code } = await dev.stop('SIGTERM');
    assert.equal(code, 0);
    await access(join(cwd, '.cache/dev/temporal.db'));
  });
});
