import { existsSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';
import { failureConverterPath } from '../codec/data-converter.js';

const own = new URL('../workflows/index.js', import.meta.url);
const prebuilt = {
  plain: fileURLToPath(new URL('../workflow-bundle.js', import.meta.url)),
  // The failure converter is part of a bundle, and with encryption it is another one.
  encrypted: fileURLToPath(new URL('../workflow-bundle-encrypted.js', import.meta.url)),
};

/** The bundle that `npm run build` made, where this is the built code; else the sources, bundled at start. */
export function workflowSource({ encrypted }: { encrypted: boolean }): WorkflowSource {
  const codePath = encrypted ? prebuilt.encrypted : prebuilt.plain;
  return existsSync(codePath) ? { workflowBundle: { codePath } } : workflowsAt(own);
}

/** The module that exports the workflows, bundled at start; `.js` in its name stands for the source beside it as well. */
export function workflowsAt(module: URL): { workflowsPath: string } {
  const built = fileURLToPath(module);
  const source = built.replace(/\.js$/, '.ts');
  const workflowsPath = [built, source].find((path) => existsSync(path));
  if (!workflowsPath) throw new Error(`no workflows: neither ${built} nor ${source} exists`);
  return { workflowsPath };
}

export type WorkflowSource = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const bundles: [string, string | undefined][] = [
    [prebuilt.plain, undefined],
    [prebuilt.encrypted, failureConverterPath],
  ];
  for (const [path, converter] of bundles) {
    const { code } = await bundleWorkflowCode({ ...workflowsAt(own), failureConverterPath: converter });
    await writeFile(path, code);
  }
}
