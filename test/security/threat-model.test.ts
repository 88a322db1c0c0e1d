import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('docs/threat-model.md', function () {
  this.timeout(120_000);
  const rows = readFileSync(`${root}docs/threat-model.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (who |-)/.test(line))
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\||\|$/g, '').trim()));
  const named = rows.map((cells) =>
    String(cells[4])
      .split(/; (?=`)/)
      .map((test) => /^`(?<file>[\w/-]+)`: (?<title>.+)$/.exec(test)?.groups),
  );

  it('says of each line who, what, what stops it, what remains, and by which test', () => {
    assert.ok(rows.length >= 25, `${rows.length} lines`);
    for (const [at, cells] of rows.entries()) {
      assert.equal(cells.length, 5, cells.join(' | '));
      assert.ok(cells.every(Boolean), cells.join(' | '));
      assert.ok(named[at]?.every(Boolean), `no test: ${cells[4]}`);
    }
  });

  it('names tests that there are', () => {
    const tests = named
      .flat()
      .flatMap((test) => (test ? [{ file: pathOf(test.file), title: String(test.title) }] : []));
    const titles = titlesIn([...new Set(tests.map(({ file }) => file))]);
    for (const { file, title } of tests) {
      assert.ok(
        titles.some((each) => each.file === file && each.title.includes(title)),
        `${file} has no test "${title}"`,
      );
    }
  });

  /** `cases` are test files that another one imports. */
  function pathOf(name = ''): string {
    const paths = [`test/${name}.test.ts`, `test/${name}.cases.ts`];
    return paths.find((path) => existsSync(root + path)) ?? assert.fail(`there is no ${paths.join(' nor ')}`);
  }

  /** As mocha knows them, with what a loop has filled in; nothing is run. */
  function titlesIn(files: readonly string[]): { file: string; title: string }[] {
    const mocha = ['node_modules/mocha/bin/mocha.js', '--no-parallel', '--dry-run', '--reporter', 'json'];
    const run = spawnSync(process.execPath, [...mocha, ...files], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const { tests } = JSON.parse(run.stdout.slice(run.stdout.search(/^\{\n {2}"stats"/m))) as {
      tests: { file: string; fullTitle: string }[];
    };
    return tests.map(({ file, fullTitle }) => ({ file: file.slice(root.length), title: fullTitle }));
  }
});
