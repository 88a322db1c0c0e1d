import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('npm run licences', function () {
  this.timeout(60_000);
  function licences(directory: string): { status: number | null; lines: string[]; refused: string[] } {
    const args = ['--import', 'tsx', join(root, '.ci/licences.ts'), directory];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    const linesOf = (text: string) => text.split('\n').filter(Boolean);
    return { status, lines: linesOf(stdout), refused: linesOf(stderr) };
  }

  it('lists every production dependency, each with a licence of the list', async () => {
    const { status, lines, refused } = licences(root);
    assert.deepEqual([status, refused], [0, []]);
    const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const [name, version] of Object.entries(dependencies)) {
      assert.ok(
        lines.some((line) => line.startsWith(`${name} ${version}  `)),
        name,
      );
    }
    assert.ok(!lines.some((line) => line.startsWith('mocha ')));
  });

  it('refuses a licence that is not on the list, or none, and leaves development alone', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'licences-'));
    const packages = {
      '': {},
      'node_modules/either': { version: '1.0.0', license: '(GPL-3.0 OR MIT)' },
      'node_modules/both': { version: '1.0.0', license: 'MIT AND GPL-3.0' },
      'node_modules/a/node_modules/@b/none': { version: '2.0.0' },
      'node_modules/tool': { version: '1.0.0', license: 'GPL-3.0', dev: true },
    };
    await writeFile(join(scratch, 'package-lock.json'), JSON.stringify({ packages }));
    const { status, refused } = licences(scratch);
    await rm(scratch, { recursive: true });
    assert.equal(status, 1);
    assert.deepEqual(
      refused.map((line) => line.split(':', 1)[0]),
      ['@b/none 2.0.0', 'both 1.0.0'],
    );
  });

  it('is built from exact versions, each with its hash', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const [name, version] of Object.entries(manifest.dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
    };
    for (const [path, { resolved, integrity, link }] of Object.entries(lock.packages)) {
      if (path === '' || link) continue;
      if (resolved) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//, path);
      assert.match(integrity ?? '', /^sha512-/, path);
    }
  });
});
