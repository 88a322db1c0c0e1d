import { existsSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';
import { failureConverterPath } from '../codec/data-converter.js';

const workflowsPath = ['ts', 'js']
  .map((extension) => fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url)))
  .find((path) => existsSync(path)) as string;
const prebuilt = {
  plain: fileURLToPath(new URL('../workflow-bundle.js', import.meta.url)),
  // The failure converter is part of a bundle, and with encryption it is another one.
  encrypted: fileURLToPath(new URL('../workflow-bundle-encrypted.js', import.meta.url)),
};

/** The bundle that `npm run build` made, where this is the built code; else the sources, bundled at start. */
export function workflowSource({ encrypted }: { encrypted: boolean }): WorkflowSource {
  const codePath = encrypted ? prebuilt.encrypted : prebuilt.plain;
  return existsSync(codePath) ? { workflowBundle: { codePath } } : { workflowsPath };
}

type WorkflowSource = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const bundles: [string, string | undefined][] = [
    [prebuilt.plain, undefined],
    [prebuilt.encrypted, failureConverterPath],
  ];
  for (const [path, converter] of bundles) {
    const { code } = await bundleWorkflowCode({ workflowsPath, failureConverterPath: converter });
    await writeFile(path, code);
  }
}
