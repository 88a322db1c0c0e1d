/**
 * `npm run release-check`: refuses a release whose changelog still says "Pending", whose histories are not recorded for later
 * versions to be replayed against, or that is made from a dirty tree. Exit 0 where it may go out.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2] ?? process.cwd();
const problems = [...pending(), ...histories(), ...dirty()];
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length === 0) process.stdout.write(`${version()} may be released\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function pending(): string[] {
  const sections = readFileSync(join(directory, 'CHANGELOG.md'), 'utf8').split(/^## /m);
  const entries = sections.find((section) => section.startsWith('Pending'))?.match(/^- .*/gm) ?? [];
  const headed = sections.some((section) => section.split('\n', 1)[0]?.split(' ')[0] === version());
  return [
    ...(entries.length > 0
      ? [`CHANGELOG.md: ${entries.length} entries are pending: move them under "## ${version()}"`]
      : []),
    ...(headed ? [] : [`CHANGELOG.md: has no section "## ${version()}"`]),
  ];
}

function histories(): string[] {
  const place = join('test', 'replay', 'histories', version());
  const path = join(directory, place);
  const recorded = existsSync(path) && readdirSync(path).some((file) => file.endsWith('.json'));
  return recorded ? [] : [`${place}: no histories of this version: record them with \`npm run record-histories\``];
}

function dirty(): string[] {
  const changes = execFileSync('git', ['status', '--porcelain'], { cwd: directory, encoding: 'utf8' }).trim();
  return changes ? [`the tree has changes that are not committed:\n${changes}`] : [];
}

function version(): string {
  return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version;
}
