import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../../worker/config.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { programOrSkip } from '../machine.js';

const COMPOSE = { name: 'docker-compose', commands: ['docker-compose'], debianPackage: 'docker-compose' };
const root = fileURLToPath(new URL('../../', import.meta.url));

describe('docker-compose.yml', () => {
  const secrets = { POSTGRES_PASSWORD: 'from-the-test', FRAGMENT_API_TOKEN: 'from-the-test' };

  describe('as docker-compose reads it', () => {
    let scratch: string;
    let command: string;

    function compose(values: Record<string, string>, ...args: string[]): { status: number | null; output: string } {
      // An empty .env and none of this shell's variables: the file itself is under test.
      const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...values };
      const all = ['--env-file', join(scratch, 'empty.env'), ...args];
      const run = spawnSync(command, all, { cwd: root, env, encoding: 'utf8' });
      return { status: run.status, output: `${run.stdout}${run.stderr}` };
    }

    before(async function () {
      scratch = await mkdtemp(join(tmpdir(), 'compose-'));
      await writeFile(join(scratch, 'empty.env'), '');
      command = await programOrSkip(this, COMPOSE);
    });

    after(() => rm(scratch, { recursive: true, force: true }));

    for (const profile of [[], ['--profile', 'sandbox'], ['--profile', 'webhook']]) {
      it(`is valid ${profile.join(' ')}`, () => {
        const { status, output } = compose(secrets, ...profile, 'config', '-q');
        assert.equal(status, 0, output);
      });
    }

    it('confines every container that runs our code, and lets none of them be reached from another machine', () => {
      const profiles = ['--profile', 'sandbox', '--profile', 'webhook'];
      const { output } = compose(secrets, ...profiles, 'config');
      const services = servicesOf(output);
      const ours = [...services].filter(([, text]) => /^ {4}build:/m.test(text));
      assert.deepEqual(ours.map(([name]) => name).toSorted(), [
        'sandbox',
        'webhook',
        'worker-gateway',
        'worker-processes',
      ]);
      for (const [name, text] of ours) {
        assert.match(text, /^ {4}read_only: true$/m, name);
        assert.match(text, /^ {4}init: true$/m, name);
        assert.match(text, /^ {4}tmpfs:\n {4}- \/tmp$/m, name);
        assert.match(text, /^ {4}cap_drop:\n {4}- ALL$/m, name);
        assert.match(text, /^ {4}security_opt:\n {4}- no-new-privileges:true$/m, name);
        assert.doesNotMatch(text, /privileged|docker\.sock|network_mode|user: root/, name);
      }
      for (const [name, text] of services) {
        const published = [...text.matchAll(/^ {4}- (?:(\S+):)?\d+:\d+\/tcp$/gm)];
        for (const [, address] of published) assert.equal(address, '127.0.0.1', name);
        assert.ok(published.length > 0 || !/^ {4}ports:/m.test(text), `${name}: the pattern no longer finds its ports`);
      }
    });

    it('gives each container the secrets that it needs, and none of another', () => {
      const set = {
        ...secrets,
        PAYMENTS_TOKEN: 'from-the-test',
        PAYLOAD_KEYS: 'from-the-test',
        WEBHOOK_SECRET: 'from-the-test',
        WEBHOOK_HMAC_KEY: 'from-the-test',
        FRAGMENT_ACCOUNTS: 'acme',
        PAYMENTS_URL: 'http://payments',
      };
      const services = servicesOf(compose(set, '--profile', 'sandbox', '--profile', 'webhook', 'config').output);
      const SECRET = /^ {6}((?:FRAGMENT|PAYMENTS|PAYLOAD|WEBHOOK|POSTGRES)_\w+):(?! null)/gm;
      // In the order of the alphabet, as docker-compose prints them.
      const held = (name: string) => [...(services.get(name) ?? '').matchAll(SECRET)].map(([, variable]) => variable);
      assert.deepEqual(held('worker-gateway'), ['FRAGMENT_ACCOUNTS', 'FRAGMENT_API_TOKEN', 'PAYLOAD_KEYS']);
      assert.deepEqual(held('worker-processes'), ['PAYLOAD_KEYS', 'PAYMENTS_TOKEN', 'PAYMENTS_URL']);
      assert.deepEqual(held('webhook'), ['WEBHOOK_HMAC_KEY', 'WEBHOOK_SECRET']);
      assert.deepEqual(held('sandbox'), ['FRAGMENT_API_TOKEN']);
    });

    it('takes every image at a version', () => {
      const images = [...compose(secrets, 'config').output.matchAll(/^ {4}image: (.*)$/gm)].map(([, image]) => image);
      assert.equal(images.length, 5);
      for (const image of images) assert.match(String(image), /^[\w./-]+:\d+\.\d+(\.\d+)?$|@sha256:/);
    });

    for (const name of ['POSTGRES_PASSWORD', 'FRAGMENT_API_TOKEN']) {
      it(`asks for ${name} when it is missing`, () => {
        const { status, output } = compose({ ...secrets, [name]: '' }, 'config', '-q');
        assert.notEqual(status, 0);
        assert.match(output, new RegExp(`set ${name} in .env`));
      });
    }
  });

  it('holds no literal secret', async () => {
    const lines = (await readFile(`${root}docker-compose.yml`, 'utf8')).split('\n');
    const secretive = lines.filter((line) => /^\s*\w*(PASSWORD|PWD|TOKEN|SECRET|KEYS)\w*:/.test(line));
    assert.ok(secretive.length >= 6, 'the pattern no longer finds the secrets');
    for (const line of secretive) assert.match(line, /:\s*(\$\{\w+:\?[^}]+\})?$/, `a literal secret? ${line.trim()}`);
  });

  it('hands every variable of the configuration on, but for what only the codec server reads', async () => {
    const compose = await readFile(`${root}docker-compose.yml`, 'utf8');
    const handedOn = new Set([...compose.matchAll(/^ +([A-Z_]+):/gm)].map(([, name]) => name));
    const missing = Object.keys(configSchema.shape).filter((name) => !handedOn.has(name));
    assert.deepEqual(missing, ['CODEC_TOKEN']);
  });

  it('registers the search attributes of the processes, each with its type', async () => {
    const script = await readFile(`${root}deploy/namespace.sh`, 'utf8');
    const registered = [...script.matchAll(/^patiently attribute (\w+) (\w+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    assert.deepEqual(Object.fromEntries(registered), spelledTypes());
  });

  it('keeps secrets and the git history out of the image', async () => {
    const ignored = (await readFile(`${root}.dockerignore`, 'utf8')).split('\n');
    for (const name of ['.env', '.git', 'node_modules']) assert.ok(ignored.includes(name), name);
  });
});

/** Each service of a resolved compose file, by name, as its text. */
function servicesOf(config: string): Map<string, string> {
  const [, services = ''] = /^services:\n((?: .*\n)+)/m.exec(config) ?? [];
  const parts = services.split(/^ {2}(?=\S)/m).filter(Boolean);
  return new Map(parts.map((text) => [text.split(':', 1)[0] ?? '', text]));
}
