import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const ROW = /^\| (\d+) +\| .*? +\| (?:`(?<file>[\w/-]+)`: (?<title>.*?)|does not apply: .*?) +\|$/gm;

describe('docs/acceptance.md', function () {
  this.timeout(120_000);
  const rows = [...readFileSync(`${root}docs/acceptance.md`, 'utf8').matchAll(ROW)];

  it('has each of the 78 cases once', () => {
    assert.deepEqual(
      rows.map(([, number]) => Number(number)),
      Array.from({ length: 78 }, (_, at) => at + 1),
    );
  });

  it('names tests that there are, under the number of their case', () => {
    const titles = allTitles();
    for (const [, number, file, title] of rows) {
      if (!file || !title) continue;
      // `cases` are test files that another one imports.
      const there = ['test', 'cases'].some((kind) => existsSync(`${root}test/${file}.${kind}.ts`));
      assert.ok(there, `${number}: no test file ${file}`);
      // A title begins with its number, or with several; it may be that of a `describe`.
      const wanted = new RegExp(`(^| )(\\d+, )*${number}(, \\d+)*[.:] ${escaped(title)}`);
      assert.ok(
        titles.some((each) => wanted.test(each)),
        `${number}: no test is titled "${number}. ${title}"`,
      );
    }
  });
});

/** As mocha knows them, with what a loop has filled in; nothing is run. */
function allTitles(): string[] {
  const mocha = ['node_modules/mocha/bin/mocha.js', '--no-parallel', '--dry-run', '--reporter', 'json'];
  const { stdout } = spawnSync(process.execPath, [...mocha, 'test/**/*.test.ts'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const { tests } = JSON.parse(stdout.slice(stdout.search(/^\{\n {2}"stats"/m))) as { tests: { fullTitle: string }[] };
  return tests.map(({ fullTitle }) => fullTitle);
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
