import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { asUser } from '../package/as-user.js';

const page = new URL('../../docs/write-a-process.md', import.meta.url);
const example = new URL('../../examples/refund/', import.meta.url);

/** A block of code, and the name in the line before it. */
const BLOCK = /(?:^`src\/([\w.-]+)`:\n\n)?^```ts\n([\s\S]*?)^```$/gm;

describe('docs/write-a-process.md', () => {
  it('shows the whole of the example, file by file, as it stands in a project of its own', async () => {
    const options = { ...(await resolveConfig(page)), parser: 'typescript' };
    const blocks = [...(await readFile(page, 'utf8')).matchAll(BLOCK)].map(([, file, code]) => [file, code]);
    assert.deepEqual(new Set(blocks.map(([file]) => file)), new Set(await readdir(example)));
    for (const [file, code] of blocks) {
      const source = await readFile(new URL(file as string, example), 'utf8');
      assert.equal(code, await format(asUser(source), options), `examples/refund/${file} reads otherwise`);
    }
  });
});
