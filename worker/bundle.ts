import { existsSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';

const workflowsPath = ['ts', 'js']
  .map((extension) => fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url)))
  .find((path) => existsSync(path)) as string;
const prebuilt = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** The bundle that `npm run build` made, where this is the built code; else the sources, bundled at start. */
export function workflowSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  return existsSync(prebuilt) ? { workflowBundle: { codePath: prebuilt } } : { workflowsPath };
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { code } = await bundleWorkflowCode({ workflowsPath });
  await writeFile(process.argv[2] ?? prebuilt, code);
}
