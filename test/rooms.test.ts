import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/** README, Rooms: who may import what. Held by the linter; here, that the linter holds it. */
describe('the walls between the rooms', () => {
  const refused: [file: string, line: string, said: RegExp][] = [
    ['fragment/x.ts', "import '../activities/index.js';", /fragment\/ imports no other room/],
    ['fragment/x.ts', "import '@temporalio/common';", /knows nothing of Temporal/],
    ['activities/x.ts', "import '../workflows/tasks/contract.js';", /activities\/ imports fragment\/ alone/],
    ['activities/x.ts', "import type { Config } from '../worker/config.js';", /activities\/ imports fragment\/ alone/],
    ['workflows/claim/x.ts', "import { createTaskActivities } from '../../activities/index.js';", /as types alone/],
    ['workflows/claim/x.ts', "import type { Task } from '../../fragment/schema.js';", /no other room/],
    ['workflows/claim/x.ts', "import { z } from 'zod';", /out of the workflow bundle/],
    ['workflows/claim/x.ts', "import { claimSchema } from './schema.js';", /out of the workflow bundle/],
    ['workflows/claim/x.ts', "import 'node:fs';", /deterministic/],
    ['workflows/claim/schema.ts', "import '../../fragment/schema.js';", /no other room/],
    [
      'client/x.ts',
      "import { claim } from '../workflows/claim/workflow.js';",
      /contract\.ts, schema\.ts and money\.ts/,
    ],
    ['client/x.ts', "import '../fragment/client.js';", /no other room/],
    ['worker/x.ts', "import '../client/index.js';", /worker\/ imports/],
    ['worker/embedded/x.ts', "import '../../sandbox/server.js';", /worker\/ imports/],
    ['sandbox/x.ts', "import '../fragment/client.js';", /fragment\/schema\.ts alone/],
    ['sandbox/x.ts', "import '../workflows/claim/contract.js';", /sandbox\/ imports/],
    ['cli/x.ts', "import '../test/stage.js';", /cli\/ imports/],
    ['cli/x.ts', "import '../testing/index.js';", /cli\/ imports/],
    ['worker/x.ts', "import '../testing/index.js';", /worker\/ imports/],
    ['testing/x.ts', "import '../test/stage.js';", /testing\/ imports/],
    ['testing/x.ts', "import '../cli/session.js';", /testing\/ imports/],
    ['examples/refund/workflow.ts', "import { z } from 'zod';", /deterministic/],
    ['examples/refund/workflow.ts', "import { runWorker } from '../../worker/index.js';", /deterministic/],
  ];
  const allowed: [file: string, line: string][] = [
    ['activities/x.ts', "export { FragmentError } from '../fragment/errors.js';"],
    ['workflows/claim/x.ts', "import type { TaskActivities } from '../../activities/tasks.js';"],
    ['workflows/claim/x.ts', "export { TaskProcess } from '../tasks/process.js';"],
    ['workflows/claim/schema.ts', "export { z } from 'zod';"],
    ['client/x.ts', "export { claimSchema } from '../workflows/claim/schema.js';"],
    ['worker/x.ts', "export { claim } from '../workflows/claim/workflow.js';"],
    ['sandbox/x.ts', "export { taskSchema } from '../fragment/schema.js';"],
    ['testing/x.ts', "export { startSandbox } from '../sandbox/server.js';"],
    ['examples/refund/workflow.ts', "import type { BankActivities } from './bank.js';"],
    ['cli/x.ts', "export { Gateway } from '../fragment/gateway.js';"],
  ];

  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'rooms-'));
    await cp(join(root, '.oxlintrc.json'), join(scratch, '.oxlintrc.json'));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  async function lint(file: string, line: string): Promise<string> {
    const path = join(scratch, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${line}\n`);
    const oxlint = join(root, 'node_modules/.bin/oxlint');
    const run = spawnSync(oxlint, ['--format=json', file], { cwd: scratch, encoding: 'utf8' });
    await rm(path);
    const { diagnostics } = JSON.parse(run.stdout) as {
      diagnostics: { code: string; message: string; help: string }[];
    };
    const found = diagnostics.filter(({ code }) => code.includes('no-restricted-imports'));
    return found.map(({ message, help }) => `${message} ${help}`).join('\n');
  }

  for (const [file, line, said] of refused) {
    it(`${file} may not: ${line}`, async () => assert.match(await lint(file, line), said));
  }
  for (const [file, line] of allowed) {
    it(`${file} may: ${line}`, async () => assert.equal(await lint(file, line), ''));
  }
});
