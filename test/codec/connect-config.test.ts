import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TemporalConfigError, connectConfig } from '../../codec/connect-config.js';

const KEY = 'marked-key-of-the-test';
/** No temporal.toml of whoever runs this. */
const nobody = { HOME: '/nonexistent' };

describe('how Temporal is reached', () => {
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'connect-config-'));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  async function toml(text: string): Promise<string> {
    const path = join(scratch, 'temporal.toml');
    await writeFile(path, text);
    return path;
  }

  /** Says where the mistake is, and holds the key nowhere: an error's cause is printed with it. */
  function refuses(env: NodeJS.ProcessEnv, said: RegExp): void {
    assert.throws(
      () => connectConfig({ ...nobody, ...env }),
      (error: Error) => {
        assert.ok(error instanceof TemporalConfigError);
        assert.match(error.message, said);
        assert.equal(error.cause, undefined);
        assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes(KEY));
        return true;
      },
    );
  }

  it('tells the place of a mistake in temporal.toml, and nothing of what stands there', async () => {
    const lines = ['[profile.default]', 'address = "localhost:7233"', `api_key = "${KEY}`, 'namespace = "claims"'];
    const path = await toml(lines.join('\n'));
    refuses({ TEMPORAL_CONFIG_FILE: path }, new RegExp(`^${path} is not valid TOML \\(line 3, column \\d+\\)`));
  });

  it('refuses a file without the profile that is wanted', async () => {
    const path = await toml(`[default]\napi_key = "${KEY}"\n`);
    refuses({ TEMPORAL_CONFIG_FILE: path }, new RegExp(`^${path} has no \\[profile.default\\]: settings stand below`));
    const env = {
      TEMPORAL_CONFIG_FILE: await toml(`[profile.default]\napi_key = "${KEY}"\n`),
      TEMPORAL_PROFILE: 'prod',
    };
    refuses(env, new RegExp(`^${path} has no \\[profile.prod\\], which TEMPORAL_PROFILE names`));
  });

  it('refuses a TEMPORAL_CONFIG_FILE that is not there', () => {
    const path = join(scratch, 'missing.toml');
    refuses({ TEMPORAL_CONFIG_FILE: path }, new RegExp(`^TEMPORAL_CONFIG_FILE: there is no file ${path};`));
  });

  it('refuses a key, or a header, that gRPC would quote or drop', async () => {
    for (const wrong of [`${KEY}\n`, `${KEY} `, `Bearer ${KEY}`, `${KEY}é`]) {
      refuses({ TEMPORAL_API_KEY: wrong }, /^TEMPORAL_API_KEY: /);
    }
    const path = await toml(`[profile.default]\napi_key = "${KEY}\\n"\n`);
    refuses({ TEMPORAL_CONFIG_FILE: path }, new RegExp(`^api_key in ${path}: `));
    refuses({ TEMPORAL_GRPC_META_AUTHORIZATION: `Bearer ${KEY}\n` }, /^the gRPC header authorization .*TEMPORAL_GRPC/);
  });

  it('takes a blank variable for an absent one: it neither switches TLS on nor hides what the file says', async () => {
    const blank = { TEMPORAL_API_KEY: '', TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '', TEMPORAL_TLS: '' };
    const { connectionOptions, namespace } = connectConfig({ ...nobody, ...blank, TEMPORAL_CONFIG_FILE: '' });
    assert.deepEqual([connectionOptions.tls, connectionOptions.address, namespace], [undefined, undefined, undefined]);
    const path = await toml(`[profile.default]\naddress = "there:7233"\napi_key = "${KEY}"\n`);
    const said = connectConfig({ ...nobody, ...blank, TEMPORAL_CONFIG_FILE: path }).connectionOptions;
    assert.deepEqual([said.tls, said.address, said.apiKey], [true, 'there:7233', KEY]);
  });
});
