import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flows } from './flows.js';
import { startTemporalStub } from './temporal-stub.js';

const KEY = 'marked-key-of-the-test';

describe('flows, where Temporal cannot be asked', function () {
  this.timeout(120_000);
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'temporal-config-'));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  it('prints no key of a temporal.toml with a mistake in it', async () => {
    const path = join(scratch, 'temporal.toml');
    await writeFile(path, `[profile.default]\napi_key = "${KEY}\nnamespace = "claims"\n`);
    const env = { TEMPORAL_CONFIG_FILE: path, FRAGMENT_API_TOKEN: 'x', DEBUG: '1' };
    for (const [args, code] of [
      [['claim', 'list'], 2],
      [['worker'], 2],
      [['doctor'], 1],
      [['doctor', '--json'], 1],
      [['demo'], 2],
    ] as const) {
      const ended = await flows([...args], { env: { ...env, TEMPORAL_ADDRESS: '127.0.0.1:1' } });
      const printed = ended.stdout + ended.stderr;
      assert.match(printed, /temporal\.toml is not valid TOML \(line 2, column \d+\)/, args.join(' '));
      assert.ok(!printed.includes(KEY), printed);
      assert.equal(ended.code, code, printed);
    }
  });

  for (const [status, name] of [
    [7, 'PERMISSION_DENIED'],
    [16, 'UNAUTHENTICATED'],
  ] as const) {
    it(`tells a refused credential (${name}) from a server that is not there`, async () => {
      const stub = await startTemporalStub(() => status);
      try {
        const env = { TEMPORAL_ADDRESS: `127.0.0.1:${stub.port}`, TEMPORAL_NAMESPACE: 'claims.a1b2c' };
        const said = { client: new RegExp(`refuses this client \\(${name}\\)`), worker: /refuses this worker/ };
        const [list, doctor, worker] = await Promise.all([
          flows(['claim', 'list'], { env }),
          flows(['doctor'], { env }),
          flows(['worker'], { env: { ...env, FRAGMENT_API_TOKEN: 'x' } }),
        ]);
        for (const [ended, refused] of [
          [list, said.client],
          [doctor, said.client],
          [worker, said.worker],
        ] as const) {
          const printed = ended.stdout + ended.stderr;
          assert.match(printed, refused);
          assert.match(printed, /check TEMPORAL_API_KEY or the TLS certificate, .*namespace claims\.a1b2c/);
          assert.doesNotMatch(printed, /npm run dev|create it/);
          assert.equal(ended.code, 1);
        }
      } finally {
        await stub.close();
      }
    });
  }
});
