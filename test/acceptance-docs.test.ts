import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { testFile, titlesIn } from './titles.js';

const page = fileURLToPath(new URL('../docs/acceptance.md', import.meta.url));
const ROW = /^\| (\d+) +\| .*? +\| (?:`(?<file>[\w/-]+)`: (?<title>.*?)|does not apply: .*?) +\|$/gm;

describe('docs/acceptance.md', function () {
  this.timeout(120_000);
  const rows = [...readFileSync(page, 'utf8').matchAll(ROW)];

  it('has each of the 78 cases once', () => {
    assert.deepEqual(
      rows.map(([, number]) => Number(number)),
      Array.from({ length: 78 }, (_, at) => at + 1),
    );
  });

  it('names tests that there are in the files that it says, under the number of their case', () => {
    const named = rows.flatMap(([, number, file, title]) =>
      file && title ? [{ number, file: testFile(file), title }] : [],
    );
    const titles = titlesIn(named.map(({ file }) => file));
    for (const { number, file, title } of named) {
      // A title begins with its number, or with several; it may be that of a `describe`.
      const wanted = new RegExp(`(^| )(\\d+, )*${number}(, \\d+)*[.:] ${escaped(title)}`);
      assert.ok(
        titles.some((each) => each.file === file && wanted.test(each.title)),
        `${file} has no test that is titled "${number}. ${title}"`,
      );
    }
  });
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
