import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `.cache` beside package.json; climbed to, because this file runs from worker/ and from dist/worker/ alike. */
export function projectCache(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) return join(process.cwd(), '.cache');
    directory = parent;
  }
  return join(directory, '.cache');
}

/** Throws, naming the path, unless it is a file that may be executed. */
export async function mustBeExecutable(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new Error(`${path} does not exist`);
  if (!found.isFile()) throw new Error(`${path} is not a file`);
  await access(path, constants.X_OK).catch(() => {
    throw new Error(`${path} may not be executed (chmod +x it)`);
  });
  return path;
}

/**
 * Installs into a private directory and moves it into place in one step: two processes that install at once never see
 * half of the other's work; the second keeps what the first has put there.
 */
export async function installOnce(
  target: string,
  executable: string,
  install: (staging: string) => Promise<void>,
): Promise<string> {
  const staging = `${target}.staging-${process.pid}-${randomUUID().slice(0, 8)}`;
  await mkdir(staging, { recursive: true });
  try {
    await install(staging);
    await mustBeExecutable(join(staging, executable));
    await putInPlace(staging, target, executable);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return mustBeExecutable(join(target, executable));
}

async function putInPlace(staging: string, target: string, executable: string): Promise<void> {
  try {
    await rename(staging, target);
  } catch (error) {
    const usable = await mustBeExecutable(join(target, executable)).catch(() => undefined);
    if (usable) return;
    if (!existsSync(target)) throw error;
    // What lies there was damaged by hand: a complete one replaces it.
    await rm(target, { recursive: true, force: true });
    await rename(staging, target);
  }
}
