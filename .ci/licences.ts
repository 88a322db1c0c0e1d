/**
 * `npm run licences`: every production dependency with its version and licence, from the lock file's tree as it is installed.
 * Exit 1 where one has a licence that is not on the list: somebody has to read it first.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Permissive: they ask for their notice to be kept, and for nothing of ours. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0', // caniuse-lite, data that asks to be named
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** Those that say it in a file alone, as read there. */
const READ: Record<string, string> = { 'unionfs 4.6.0': 'Unlicense' };

interface Locked {
  version?: string;
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  link?: boolean;
}

const directory = process.argv[2] ?? process.cwd();
const { packages } = JSON.parse(readFileSync(join(directory, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};
const production = Object.entries(packages)
  .filter(([path, { dev, link }]) => path !== '' && !dev && !link)
  .map(([path, locked]) => {
    const [name, version] = [nameOf(path), locked.version ?? ''];
    return { name, version, licence: READ[`${name} ${version}`] ?? licenceOf(path, locked) };
  })
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

for (const { name, version, licence } of production) process.stdout.write(`${name} ${version}  ${licence}\n`);
const refused = production.filter(({ licence }) => !isAllowed(licence));
for (const { name, version, licence } of refused) {
  process.stderr.write(`${name} ${version}: its licence, ${licence}, is not on the list of .ci/licences.ts\n`);
}
process.exitCode = refused.length === 0 ? 0 : 1;

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Packages of other platforms are in the lock file and not installed. */
function licenceOf(path: string, { license }: Locked): string {
  const manifest = join(directory, path, 'package.json');
  if (license !== undefined || !existsSync(manifest)) return license ?? 'none said';
  const said = (JSON.parse(readFileSync(manifest, 'utf8')) as { license?: string | { type?: string } }).license;
  return (typeof said === 'string' ? said : said?.type) ?? 'none said';
}

/** `(MIT OR X)` leaves the choice to us; `MIT AND X` binds by both. */
function isAllowed(licence: string): boolean {
  const choices = licence.replaceAll(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((each) => ALLOWED.has(each.trim())));
}
