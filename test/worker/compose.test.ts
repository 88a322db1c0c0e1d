import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

    for (const profile of [[], ['--profile', 'sandbox']]) {
      it(`is valid ${profile.join(' ')}`, () => {
        const { status, output } = compose(secrets, ...profile, 'config', '-q');
        assert.equal(status, 0, output);
      });
    }

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

  it('keeps secrets and the git history out of the image', async () => {
    const ignored = (await readFile(`${root}.dockerignore`, 'utf8')).split('\n');
    for (const name of ['.env', '.git', 'node_modules']) assert.ok(ignored.includes(name), name);
  });
});
