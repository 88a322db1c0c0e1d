/** The titles of tests, which documents name as what holds their words. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

export interface TestTitle {
  file: string;
  /** With those of the `describe`s around it. */
  title: string;
}

/** By its path in `test/`, without the ending. `cases` are test files that another one imports. */
export function testFile(name: string): string {
  const paths = [`test/${name}.test.ts`, `test/${name}.cases.ts`];
  return paths.find((path) => existsSync(root + path)) ?? assert.fail(`there is no ${paths.join(' nor ')}`);
}

/** As mocha knows them, with what a loop has filled in; nothing is run. */
export function titlesIn(files: readonly string[]): TestTitle[] {
  const mocha = ['node_modules/mocha/bin/mocha.js', '--no-parallel', '--dry-run', '--reporter', 'json'];
  const { stdout, stderr } = spawnSync(process.execPath, [...mocha, ...new Set(files)], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const from = stdout.search(/^\{\n {2}"stats"/m);
  if (from < 0) throw new Error(`mocha lists no tests: ${stderr || stdout}`);
  const { tests } = JSON.parse(stdout.slice(from)) as { tests: { file: string; fullTitle: string }[] };
  return tests.map(({ file, fullTitle }) => ({ file: file.slice(root.length), title: fullTitle }));
}
