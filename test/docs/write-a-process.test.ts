import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { asUser } from '../package/as-user.js';

const run = promisify(execFile);
const page = new URL('../../docs/write-a-process.md', import.meta.url);
const example = new URL('../../examples/refund/', import.meta.url);

/** A block of code, and the name in the line before it. */
const BLOCK = /(?:^`src\/([\w.-]+)`:\n\n)?^```ts\n([\s\S]*?)^```$/gm;

describe('docs/write-a-process.md', function () {
  this.timeout(60_000);

  it('shows the whole of the example, file by file, as it stands in a project of its own', async () => {
    const options = { ...(await resolveConfig(page)), parser: 'typescript' };
    const blocks = [...(await readFile(page, 'utf8')).matchAll(BLOCK)].map(([, file, code]) => [file, code]);
    assert.deepEqual(new Set(blocks.map(([file]) => file)), new Set(await readdir(example)));
    for (const [file, code] of blocks) {
      const source = await readFile(new URL(file as string, example), 'utf8');
      assert.equal(code, await format(asUser(source), options), `examples/refund/${file} reads otherwise`);
    }
  });

  // What each lacks first says what it looked for: nothing is connected to.
  for (const [role, lacks] of [
    ['processes', 'BANK_URL and BANK_TOKEN are not set'],
    ['gateway', 'FRAGMENT_API_TOKEN is not set'],
    ['clerk', 'there is no role clerk: it is one of all, processes, gateway'],
  ] as const) {
    it(`has a worker that takes its role: ${role}`, async () => {
      const { PATH, HOME } = process.env;
      const file = fileURLToPath(new URL('worker.ts', example));
      const worker = run(process.execPath, ['--import', 'tsx', file, role], { env: { PATH, HOME } });
      await assert.rejects(worker, ({ stderr }: { stderr: string }) => stderr.includes(lacks));
    });
  }
});
