import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundleOptions } from '../../worker/index.js';

describe('A bundle that is made beforehand', function () {
  this.timeout(120_000);
  const bundled = async (encrypted: boolean): Promise<string> => {
    const workflowsPath = fileURLToPath(new URL('fixture-workflow.ts', import.meta.url));
    const { code } = await bundleWorkflowCode({ workflowsPath, ...bundleOptions({ encrypted, traced: false }) });
    return code;
  };

  it('for workers that encrypt has the converter that encrypts what a failure says', async () => {
    assert.match(await bundled(true), /encodeCommonAttributes: true/);
    assert.doesNotMatch(await bundled(false), /encodeCommonAttributes: true/);
  });
});
