import assert from 'node:assert/strict';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../cli/doctor-finding.js';
import { findTemporal } from '../../worker/embedded/temporal.js';
import { flows, startFlows, type RunningFlows } from './flows.js';

describe('flows dev', function () {
  this.timeout(120_000);
  let cwd: string;
  let dev: RunningFlows | undefined;
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'dev-'));
  });
  afterEach(async () => {
    await dev?.stop('SIGKILL');
  });
  after(async () => {
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

  it('takes its own worker down with the rest, and tells a shell that means another Temporal what to unset', async () => {
    const env = { TEMPORAL_CLI_PATH: await findTemporal(), TEMPORAL_NAMESPACE: 'claims.a1b2c' };
    dev = startFlows(['dev'], { cwd, env });
    await dev.printed(/^unset TEMPORAL_NAMESPACE$/m);
    await dev.printed(/^export FRAGMENT_API_TOKEN=/m);
    const { code, stderr } = await dev.stop('SIGINT');
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /error/i);
  });
});
