import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../.ci/release-check.ts', import.meta.url));

describe('npm run release-check', function () {
  this.timeout(60_000);
  let scratch: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: scratch });

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'release-'));
    await mkdir(join(scratch, 'test/replay/histories/1.2.0'), { recursive: true });
    await put('test/replay/histories/1.2.0/claim.json', '{}');
    await put('package.json', '{"version": "1.2.0"}');
    await put('CHANGELOG.md', '# Changelog\n\n## Pending\n\n## 1.2.0\n\n- Something.\n');
    git('init', '-q');
    commit();
  });
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  const put = (file: string, text: string) => writeFile(join(scratch, file), text);
  function commit(): void {
    git('add', '-A');
    git('commit', '-qm', 'x');
  }
  function check(): { status: number | null; said: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, scratch], {
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  }

  it('lets a release go out that has its changes, its histories and a clean tree', () => {
    assert.deepEqual(check(), { status: 0, said: '1.2.0 may be released\n' });
  });

  it('refuses one with entries that are pending', async () => {
    await put('CHANGELOG.md', '# Changelog\n\n## Pending\n\n- New.\n- Newer.\n\n## 1.2.0\n\n- Something.\n');
    commit();
    const { status, said } = check();
    assert.equal(status, 1);
    assert.match(said, /2 entries are pending/);
  });

  it('refuses one that the changelog does not know', async () => {
    await put('CHANGELOG.md', '# Changelog\n\n## Pending\n\n## 1.1.0\n');
    commit();
    assert.match(check().said, /no section "## 1\.2\.0"/);
  });

  it('refuses one without histories of its version', async () => {
    await put('package.json', '{"version": "1.3.0"}');
    await put('CHANGELOG.md', '# Changelog\n\n## 1.3.0\n');
    commit();
    const { status, said } = check();
    assert.equal(status, 1);
    assert.match(said, /histories\/1\.3\.0: no histories/);
  });

  it('refuses a dirty tree', async () => {
    await put('new.txt', 'x');
    const { status, said } = check();
    assert.equal(status, 1);
    assert.match(said, /not committed:\n\?\? new\.txt/);
  });
});
