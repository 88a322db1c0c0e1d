import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { dataConverter } from '../../codec/data-converter.js';
import { configSchema, loadConfig } from '../../worker/config.js';
import { envExample } from '../../worker/env-example.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe("the workers' configuration", () => {
  it('.env.example is what the schema makes', async () => {
    assert.equal(
      await readFile(at('.env.example'), 'utf8'),
      envExample(),
      'run: npx tsx worker/env-example.ts > .env.example',
    );
  });

  it('every variable says what it is for', () => {
    for (const [name, schema] of Object.entries(configSchema.shape)) assert.ok(schema.description, name);
  });

  it('an empty variable is an absent one, as docker-compose and shells make them, but for the keys', () => {
    const names = Object.keys(configSchema.shape).filter((name) => name !== 'PAYLOAD_KEYS');
    const blank = Object.fromEntries(names.map((name) => [name, '']));
    // As JSON: an absent key and an undefined one are the same.
    assert.equal(JSON.stringify(loadConfig(blank)), JSON.stringify(loadConfig({})));
  });

  it('empty keys are no keys, and refused: by clients and by workers', () => {
    assert.throws(() => loadConfig({ PAYLOAD_KEYS: '' }), /PAYLOAD_KEYS: is set and empty: unset it/);
    assert.throws(() => dataConverter(''), /PAYLOAD_KEYS: is set and empty: unset it/);
    assert.equal(loadConfig({}).PAYLOAD_KEYS, undefined);
    assert.equal(dataConverter(undefined), undefined);
  });

  it('names every variable that is wrong and every one that is missing, with no value in it', () => {
    const env = { FRAGMENT_API_URL: 'secret-place', FRAGMENT_REQUESTS_PER_MINUTE: '1', HEALTH_PORT: '70000' };
    assert.throws(
      () => loadConfig(env, ['FRAGMENT_API_TOKEN']),
      (error: Error) => {
        for (const name of [...Object.keys(env), 'FRAGMENT_API_TOKEN']) assert.ok(error.message.includes(name), name);
        assert.doesNotMatch(error.message, /secret-place/);
        return true;
      },
    );
  });

  it('an address holds neither credentials, which would be sent or shown, nor what a path cannot be added to', () => {
    const wrong = [
      'https://user:zz-pass@host/v1',
      'https://zz-token@host',
      'https://host/v1?zz=1',
      'https://host/v1#zz',
    ];
    const names = ['FRAGMENT_API_URL', 'FRAGMENT_API_URL_ACME', 'PAYMENTS_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
    for (const name of names) {
      for (const address of [...wrong, 'https://host/v1?', 'nowhere']) {
        assert.throws(
          () => loadConfig({ FRAGMENT_ACCOUNTS: 'acme', [name]: address }),
          (error: Error) => error.message.includes(name) && !error.message.includes('zz'),
          `${name}=${address}`,
        );
      }
      assert.ok(loadConfig({ FRAGMENT_ACCOUNTS: 'acme', [name]: 'http://host:8080/api/v1' }));
    }
  });

  it('a version has two halves, and a name that Temporal takes', () => {
    const version = { TEMPORAL_DEPLOYMENT_NAME: 'claims', TEMPORAL_WORKER_BUILD_ID: '0.2.0' };
    assert.equal(loadConfig(version).TEMPORAL_WORKER_BUILD_ID, '0.2.0');
    for (const name of Object.keys(version)) {
      assert.throws(() => loadConfig({ ...version, [name]: '' }), new RegExp(`${name}.*is not set`));
    }
    for (const name of ['claims.eu', 'claims:eu', '__claims']) {
      assert.throws(() => loadConfig({ ...version, TEMPORAL_DEPLOYMENT_NAME: name }), /TEMPORAL_DEPLOYMENT_NAME/);
    }
  });
});
