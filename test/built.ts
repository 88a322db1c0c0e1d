/** The product as it is shipped, for tests that run it as processes of their own. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, rmdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
// Below the project, for its node_modules.
const CACHE = join(ROOT, '.cache', 'built');
const { include } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8')) as { include: string[] };
/** Of a build that was killed; one takes some ten seconds. */
const LEFT_BEHIND_MS = 180_000;
/** Of an earlier state, which a long run may still use. */
const OLD_MS = 24 * 3_600_000;

/**
 * The directory that holds it, built once for a state of the sources: it starts in a second, where from the sources each
 * worker would compile itself and bundle its workflows anew. Files that run side by side wait for the first to build it.
 */
export function built(): string {
  const target = join(CACHE, digest());
  const lock = `${target}.lock`;
  mkdirSync(CACHE, { recursive: true });
  while (!existsSync(target)) {
    if (!taken(lock)) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      continue;
    }
    try {
      if (!existsSync(target)) build(target);
    } finally {
      rmdirSync(lock);
    }
  }
  return target;
}

function build(target: string): void {
  for (const other of readdirSync(CACHE))
    if (age(join(CACHE, other)) > OLD_MS) rmSync(join(CACHE, other), { recursive: true });
  const staging = `${target}.staging`;
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', staging], { cwd: ROOT, stdio: 'inherit' });
  execFileSync(process.execPath, [join(staging, 'worker', 'bundle.js')], { stdio: 'ignore' });
  renameSync(staging, target);
}

function taken(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    if (age(lock) > LEFT_BEHIND_MS) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function age(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

function digest(): string {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', ...include.flatMap(filesOf)]) {
    hash.update(file).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

function filesOf(directory: string): string[] {
  const entries = readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}
