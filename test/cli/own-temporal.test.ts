import assert from 'node:assert/strict';
import { connectConfig } from '../../codec/connect-config.js';
import { pointAt } from '../../cli/own-temporal.js';

describe('a Temporal server of our own', () => {
  const shell = () => ({
    PATH: '/bin',
    TEMPORAL_NAMESPACE: 'claims.a1b2c',
    TEMPORAL_API_KEY: 'key',
    TEMPORAL_TLS_SERVER_NAME: 'cloud',
    TEMPORAL_GRPC_META_TENANT: 'acme',
    TEMPORAL_CLI_PATH: '/bin/temporal',
    TEMPORAL_WORKER_BUILD_ID: '',
    XDG_CONFIG_HOME: '/nonexistent',
  });

  it('is spoken to plainly, whatever the shell says of another one', () => {
    const env: NodeJS.ProcessEnv = shell();
    const { setAside } = pointAt('127.0.0.1:7233', env);
    const { namespace, connectionOptions } = connectConfig(env);
    assert.deepEqual(
      [namespace, connectionOptions.address, connectionOptions.apiKey, connectionOptions.tls],
      ['default', '127.0.0.1:7233', undefined, false],
    );
    assert.deepEqual(connectionOptions.metadata ?? {}, {});
    assert.equal(setAside.length, 4);
    assert.equal(env.TEMPORAL_CLI_PATH, '/bin/temporal');
  });

  it('leaves the shell as it was', () => {
    for (const before of [shell(), { ...shell(), TEMPORAL_ADDRESS: '' }]) {
      const env: NodeJS.ProcessEnv = { ...before };
      pointAt('127.0.0.1:7233', env).restore();
      assert.deepEqual(env, before);
    }
  });
});
