import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { startOwned, type OwnedProcess } from '../../worker/embedded/owned-process.js';
import { startDevServer, type DevServer } from '../../worker/embedded/temporal.js';
import { spelledTypes } from '../../worker/search-attributes.js';
import { asUser } from './as-user.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = join(root, 'node_modules/.bin/tsc');
const run = promisify(execFile);

/** Nothing of this repository is within reach of that project but what the package holds. */
describe('the package, installed into an empty project', function () {
  this.timeout(600_000);
  let project: string;
  let server: DevServer;
  let sandbox: Sandbox;
  let worker: OwnedProcess;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'packed-'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: root });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'own', type: 'module', private: true }));
    const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const types = ['@types/node', '@types/mocha'].map((name) => `${name}@${devDependencies[name]}`);
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(project, filename), ...types], {
      cwd: project,
    });

    await mkdir(join(project, 'src'));
    for (const file of await readdir(join(root, 'examples/refund'))) {
      const source = await readFile(join(root, 'examples/refund', file), 'utf8');
      await writeFile(join(project, 'src', file), asUser(source));
    }
    await writeFile(join(project, 'src', 'readme.ts'), await readmeExample());
    const input = JSON.stringify({ orderId: 'o-1', currency: 'EUR', lifecycle: 'single-task' });
    const call = `import { startRefund } from './start.js';\nconsole.log(JSON.stringify(await startRefund(${input})));\n`;
    await writeFile(join(project, 'src', 'refund.ts'), call);
    await run(tsc, await initOptions(), { cwd: project });
  });
  after(async () => {
    await worker?.stop();
    await sandbox?.close();
    await server?.stop();
    await rm(project, { recursive: true, force: true });
  });

  it('has what the README shows and what a process of your own needs, with types (NodeNext, strict)', async () => {
    await run(tsc, ['-p', 'tsconfig.json'], { cwd: project }).catch(({ stdout }: { stdout: string }) =>
      assert.fail(stdout),
    );
  });

  it('leaves tests and sources at home', async () => {
    const installed = await readdir(join(project, 'node_modules/fragment-flows'));
    for (const file of ['dist', 'docs', 'LICENSE', 'CHANGELOG.md', 'README.md'])
      assert.ok(installed.includes(file), file);
    for (const file of ['test', 'workflows', '.cache', 'bench']) assert.ok(!installed.includes(file), file);
  });

  it("runs a process of one's own beside ours", async () => {
    server = await startDevServer({ searchAttributes: spelledTypes(), headless: true });
    sandbox = await startSandbox({
      token: 'token',
      team: {
        thinkMs: [20, 50],
        decide: ({ fields: { step } }) => {
          if (step === 'request') return { form_data: { amount: 990 }, by: 'ann@example.com' };
          if (step === 'approve') return { form_data: { decision: 'approve' }, by: 'ben@example.com' };
          // The README's claim: the backend does it.
          return { skip: true };
        },
      },
    });
    env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TEMPORAL_ADDRESS: server.address,
      FRAGMENT_API_URL: sandbox.apiUrl,
      FRAGMENT_API_TOKEN: 'token',
      BANK_URL: sandbox.paymentsUrl,
      BANK_TOKEN: 'token',
    };
    const { stdout } = await run(process.execPath, [join(project, 'dist/setup.js')], { env });
    assert.match(stdout, /registered: \[ '\w+' \]/);
    const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    worker = await startOwned('env', ['-i', ...pairs, process.execPath, join(project, 'dist/worker.js')]);
    const said = JSON.parse(await output('refund.js')) as { outcome: string; amount: number };
    assert.deepEqual([said.outcome, said.amount], ['paid_back', 990]);
    assert.deepEqual(
      sandbox.ledger.payments().map(({ amount }) => amount),
      [990],
    );
  });

  it("runs the README's example", async () => {
    assert.match(await output('readme.js'), /^withdrawn$/m);
  });

  async function output(file: string): Promise<string> {
    const ended = run(process.execPath, [join(project, 'dist', file)], { env, timeout: 120_000 });
    const { stdout } = await Promise.race([ended, worker.died]);
    return stdout;
  }
});

async function readmeExample(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  return /^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? assert.fail('README.md has no block of TypeScript');
}

/** As the page on writing a process has it. */
async function initOptions(): Promise<string[]> {
  const page = await readFile(join(root, 'docs/write-a-process.md'), 'utf8');
  return /^npx tsc (--init .*)$/m.exec(page)?.[1]?.split(' ') ?? assert.fail('docs/write-a-process.md sets up no tsc');
}
