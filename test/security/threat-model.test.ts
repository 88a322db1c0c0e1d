import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { testFile, titlesIn } from '../titles.js';

const page = fileURLToPath(new URL('../../docs/threat-model.md', import.meta.url));

describe('docs/threat-model.md', function () {
  this.timeout(120_000);
  const rows = readFileSync(page, 'utf8')
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
      .flatMap((test) => (test ? [{ file: testFile(String(test.file)), title: String(test.title) }] : []));
    const titles = titlesIn(tests.map(({ file }) => file));
    for (const { file, title } of tests) {
      assert.ok(
        titles.some((each) => each.file === file && each.title.includes(title)),
        `${file} has no test "${title}"`,
      );
    }
  });
});
