import { existsSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type BundleOptions, type WorkerOptions } from '@temporalio/worker';
import { failureConverterPath } from '../codec/data-converter.js';

const own = new URL('../workflows/index.js', import.meta.url);

/** What makes one bundle differ from another: the failure converter and the interceptors are part of it. */
interface Kind {
  encrypted: boolean;
  traced: boolean;
}

const prebuilt = ({ encrypted, traced }: Kind): string =>
  fileURLToPath(
    new URL(`../workflow-bundle${encrypted ? '-encrypted' : ''}${traced ? '-traced' : ''}.js`, import.meta.url),
  );

/** The bundle that `npm run build` made, where this is the built code; else the sources, bundled at start. */
export function workflowSource(kind: Kind): WorkflowSource {
  const codePath = prebuilt(kind);
  return existsSync(codePath) ? { workflowBundle: { codePath } } : workflowsAt(own);
}

/**
 * For Temporal's `bundleWorkflowCode`, beside the path of your workflows, where you bundle them beforehand. `encrypted` where
 * the workers will have PAYLOAD_KEYS: without it, what a failed workflow says is kept in the clear.
 */
export const bundleOptions = ({ encrypted, traced }: Kind): Omit<BundleOptions, 'workflowsPath'> => ({
  failureConverterPath: encrypted ? failureConverterPath : undefined,
  workflowInterceptorModules: interceptorModules({ traced }),
});

/** The interceptors that every bundle has to have. */
export const interceptorModules = ({ traced }: { traced: boolean }): string[] =>
  ['query-guard', ...(traced ? ['tracing'] : [])].map((name) =>
    existing(new URL(`../workflows/${name}.js`, import.meta.url)),
  );

/** The module that exports the workflows, bundled at start; `.js` in its name stands for the source beside it as well. */
export function workflowsAt(module: URL): { workflowsPath: string } {
  return { workflowsPath: existing(module) };
}

function existing(module: URL): string {
  const built = fileURLToPath(module);
  const source = built.replace(/\.js$/, '.ts');
  const path = [built, source].find((each) => existsSync(each));
  if (!path) throw new Error(`no workflows: neither ${built} nor ${source} exists`);
  return path;
}

export type WorkflowSource = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const encrypted of [false, true]) {
    for (const traced of [false, true]) {
      const { code } = await bundleWorkflowCode({ ...workflowsAt(own), ...bundleOptions({ encrypted, traced }) });
      await writeFile(prebuilt({ encrypted, traced }), code);
    }
  }
}
