import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { flows } from './flows.js';
import { startTemporalStub, type TemporalStub } from './temporal-stub.js';

const ATTRIBUTES = ['ClaimStep', 'ClaimOutcome', 'ClaimAmount', 'NeedsAttention', 'FragmentTasks', 'TaskDue'];
const PERMISSION_DENIED = 7;

describe('flows setup', function () {
  this.timeout(120_000);

  describe('on a server of one’s own', () => {
    let server: DevServer;
    before(async () => {
      server = await startDevServer({ headless: true });
    });
    after(() => server?.stop());

    const setup = (namespace: string, ...args: string[]) =>
      flows(['setup', '--json', ...args], { env: { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: namespace } });

    it('registers the search attributes, once', async () => {
      const first = await setup('default');
      assert.deepEqual(JSON.parse(first.stdout), {
        namespace: 'default',
        created: false,
        registered: ATTRIBUTES,
        searchAttributes: ATTRIBUTES,
      });
      const again = await setup('default', '--retention', '30d');
      assert.deepEqual([again.code, JSON.parse(again.stdout).registered], [0, []]);
    });

    it('creates the namespace with the retention that is asked for, and leaves one that is there as it is', async () => {
      const missing = await setup('claims');
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /no namespace claims: .*flows setup --retention 30d/);

      const { created, registered } = JSON.parse((await setup('claims', '--retention', '30d')).stdout);
      assert.deepEqual([created, registered], [true, ATTRIBUTES]);
      const again = JSON.parse((await setup('claims', '--retention', '90d')).stdout);
      assert.deepEqual([again.created, again.registered], [false, []]);
      const connection = await Connection.connect({ address: server.address });
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'claims' });
      await connection.close();
      assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 30 * 86_400);
    });

    it('refuses a retention that Temporal would not take', async () => {
      for (const wrong of ['1h', 'soon']) {
        const { code, stderr } = await setup('claims', `--retention=${wrong}`);
        assert.equal(code, 2, wrong);
        assert.match(stderr, /a day at least/);
      }
    });
  });

  describe('elsewhere', () => {
    let scratch: string;
    let stub: TemporalStub | undefined;
    before(async () => {
      scratch = await mkdtemp(join(tmpdir(), 'profile-'));
    });
    afterEach(async () => {
      await stub?.close();
      stub = undefined;
    });
    after(() => rm(scratch, { recursive: true, force: true }));

    it('says what to do, in Temporal Cloud and on a server of others, where it may not', async () => {
      stub = await startTemporalStub(PERMISSION_DENIED);
      const env = { TEMPORAL_ADDRESS: `127.0.0.1:${stub.port}`, TEMPORAL_NAMESPACE: 'claims.a1b2c' };
      const { code, stdout, stderr } = await flows(['setup'], { env });
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /does not let this identity set up namespace claims\.a1b2c \(PERMISSION_DENIED\)/);
      assert.match(
        stderr,
        /tcld namespace search-attributes add --namespace claims\.a1b2c --search-attribute ClaimStep=Keyword/,
      );
      assert.match(stderr, /temporal operator search-attribute create .*--name FragmentTasks --type KeywordList/);
    });

    it('takes address, namespace, TLS, certificate and API key from the profile of temporal.toml that is named', async () => {
      const [ca, client] = [certificate('server', 'localhost'), certificate('client', 'claims-backend')];
      const tls = { key: await readFile(ca.key), cert: await readFile(ca.cert), ca: await readFile(client.cert) };
      stub = await startTemporalStub(PERMISSION_DENIED, { ...tls, requestCert: true });
      const config = join(scratch, 'temporal.toml');
      await writeFile(
        config,
        [
          '[profile.default]\naddress = "127.0.0.1:1"',
          `[profile.cloud]\naddress = "localhost:${stub.port}"\nnamespace = "claims.a1b2c"\napi_key = "key-of-the-profile"`,
          `[profile.cloud.tls]\nserver_ca_cert_path = "${ca.cert}"`,
          `client_cert_path = "${client.cert}"\nclient_key_path = "${client.key}"\n`,
        ].join('\n'),
      );
      const env = { TEMPORAL_CONFIG_FILE: config, TEMPORAL_PROFILE: 'cloud' };
      const { stderr } = await flows(['setup'], { env });
      assert.match(stderr, /namespace claims\.a1b2c \(PERMISSION_DENIED\)/);
      assert.ok(!stderr.includes('key-of-the-profile'));
      const asked = stub.calls.find(({ path }) => path.endsWith('/ListSearchAttributes'));
      assert.deepEqual([asked?.authorization, asked?.client], ['Bearer key-of-the-profile', 'claims-backend']);

      const worker = await flows(['worker'], { env: { ...env, FRAGMENT_API_TOKEN: 'x' } });
      assert.match(
        worker.stderr,
        /does not let this worker into namespace claims\.a1b2c \(PERMISSION_DENIED\): check TEMPORAL_API_KEY/,
      );
      const seen = stub.calls.findLast(({ path }) => path.endsWith('/DescribeNamespace'));
      assert.deepEqual([seen?.authorization, seen?.client], ['Bearer key-of-the-profile', 'claims-backend']);
    });

    /** Signed by itself, and no authority: the native client takes none for a server. */
    function certificate(name: string, commonName: string): { key: string; cert: string } {
      const [key, cert] = [join(scratch, `${name}.key`), join(scratch, `${name}.pem`)];
      const extensions = ['basicConstraints=critical,CA:FALSE', `subjectAltName=DNS:${commonName}`];
      const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2'];
      const named = ['-subj', `/CN=${commonName}`, ...extensions.flatMap((each) => ['-addext', each])];
      execFileSync('openssl', ['req', ...made, ...named], { stdio: 'pipe' });
      return { key, cert };
    }
  });
});
