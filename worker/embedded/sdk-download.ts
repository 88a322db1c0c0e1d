import { readdir, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runBounded } from './bounded-command.js';

/** The SDK downloads only on its way to starting a server, natively and without a bound of its own; hence another process. */
const attempt = `
const { TestWorkflowEnvironment } = require(process.argv[1]);
const server = { executable: { type: 'cached-download', downloadDir: process.argv[3] } };
TestWorkflowEnvironment[process.argv[2]]({ server })
  .then((environment) => environment.teardown())
  .then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
`;

/** Lets the SDK fetch what `starter` needs into `directory`, and gives the file the name `executable` there. */
export async function sdkDownload(
  starter: 'createLocal' | 'createTimeSkipping',
  directory: string,
  executable: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  // argv[0] is node itself: what follows `--` starts at argv[1].
  const args = ['-e', attempt, '--', testing, starter, directory];
  await runBounded({ command: process.execPath, args, boundMs: 20_000, env });
  const [downloaded] = (await readdir(directory)).filter((name) => !name.endsWith('.downloading'));
  if (!downloaded) throw new Error(`the SDK started a server but left no file in ${directory}`);
  await rename(join(directory, downloaded), join(directory, executable));
}
