import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setBackdrop, type Backdrop } from './backdrop.js';
import { flows, startFlows, type Ended, type RunningFlows } from './flows.js';
import { startTemporalStub, type TemporalStub } from './temporal-stub.js';

const own = (id: string, amount: unknown = 5_000) => JSON.stringify({ id, total: { amount, currency: 'USD' } });
const unreachable = '127.0.0.1:1';

describe('flows, given something wrong', () => {
  let backdrop: Backdrop;
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'flows-'));
    backdrop = await setBackdrop();
  });
  after(async () => {
    await backdrop?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  async function file(name: string, text: string): Promise<string> {
    await writeFile(join(scratch, name), text);
    return join(scratch, name);
  }

  /** One line for each thing wrong, no stack, and nothing on standard output but what `--json` promises. */
  function assertPlain({ stderr, stdout }: Ended): void {
    assert.match(stderr, /^error: /m);
    assert.doesNotMatch(stderr, /^\s+at /m);
    for (const line of stdout.split('\n').filter(Boolean)) JSON.parse(line);
  }

  /** Every command line here is tried with `--json`. */
  async function refused(args: string[], code: 1 | 2, said: RegExp, more: { env?: object; input?: string } = {}) {
    const ended = await flows([...args, '--json'], { input: more.input, env: { ...backdrop.env, ...more.env } });
    assertPlain(ended);
    assert.match(ended.stderr, said);
    assert.equal(ended.code, code, ended.stderr);
    return ended;
  }

  describe('claim start', () => {
    it('a file that is not JSON', async () => {
      const path = await file('claims.csv', 'id,total\nTheola,2\n');
      const { stderr } = await refused(['claim', 'start', path], 2, /claims\.csv: is neither JSON nor NDJSON: /);
      assert.doesNotMatch(stderr, /Theola/);
    });

    it('a file that is not there', async () => {
      await refused(['claim', 'start', join(scratch, 'none')], 2, /none: cannot be read: no such file/);
    });

    it('a claim without a total, and one with a negative amount', async () => {
      const path = await file('wrong.json', `[{"id": "w-1"},\n${own('w-2', -5)}]`);
      const { stdout, stderr } = await refused(
        ['claim', 'start', path],
        2,
        /wrong\.json: line 1 \(item 0\): claim w-1: total: is missing/,
      );
      assert.match(stderr, /line 2 \(item 1\): claim w-2: total\.amount: must be greater than 0 \(got -5\)/);
      const { claims, problems } = JSON.parse(stdout) as { claims: object[]; problems: object[] };
      assert.deepEqual([claims.length, problems.length], [0, 2]);
    });

    it('one id with two contents, in a file and against a claim that runs', async () => {
      const path = await file('twice.ndjson', `${own('twice')}\n${own('twice', 6_000)}\n`);
      await refused(['claim', 'start', path], 1, /line 2: claim twice: id: is the id of another claim too, at line 1/);
      await refused(
        ['claim', 'start', '-'],
        1,
        /standard input: line 1: claim twice: a process of this id exists with other content.*use a new id/,
        { input: own('twice', 7_000) },
      );
    });

    it('one broken line between good ones: the good ones start', async () => {
      const input = `${own('good-1')}\n{"id": "Theola", "total\n${own('good-2')}\n`;
      const { stdout, stderr } = await refused(['claim', 'start', '-'], 1, /standard input: line 2: is not JSON/, {
        input,
      });
      const { claims } = JSON.parse(stdout) as { claims: { claimId: string; started: boolean }[] };
      assert.deepEqual(
        claims.map(({ claimId, started }) => [claimId, started]),
        [
          ['good-1', true],
          ['good-2', true],
        ],
      );
      assert.doesNotMatch(stderr, /Theola/);
      assert.match(stderr, /^nobody sends for the default account, so they wait: no gateway was ever started/m);
    });

    it('an unknown lifecycle', async () => {
      const args = ['claim', 'start', '-', '--lifecycle', 'both'];
      await refused(args, 2, /'both' is invalid\. Allowed choices are task-per-step, single-task/);
    });

    it('no Temporal', async () => {
      const env = { TEMPORAL_ADDRESS: unreachable };
      const said =
        /no Temporal server answers at 127\.0\.0\.1:1; start one with `npm run dev`, or set TEMPORAL_ADDRESS/;
      const { stderr } = await refused(['claim', 'start', '-'], 1, said, { env, input: `${own('lost')}\n{}` });
      assert.match(stderr, /line 2: id: is missing/);
    });

    it('no such namespace', async () => {
      const said = /Namespace not found: 'elsewhere'; create it, or set TEMPORAL_NAMESPACE/;
      await refused(['claim', 'start', '-'], 1, said, { env: { TEMPORAL_NAMESPACE: 'elsewhere' }, input: own('lost') });
    });
  });

  describe('claim start --wait, on a Temporal that starts every claim', () => {
    const OK = 0;
    const PERMISSION_DENIED = 7;
    const START = 'StartWorkflowExecution';
    const WAIT = 'GetWorkflowExecutionHistory';
    const REACHED = [START, 'GetSystemInfo'];
    let stub: TemporalStub;
    let waiting: RunningFlows | undefined;
    afterEach(async () => {
      await waiting?.stop('SIGKILL');
      await stub?.close();
    });

    it('and lets nobody wait: a claim that goes on is not called failed', async () => {
      stub = await startTemporalStub((method) => (REACHED.includes(method) ? OK : PERMISSION_DENIED));
      const env = { TEMPORAL_ADDRESS: `127.0.0.1:${stub.port}` };
      const said = /^error: standard input: claim goes-on: .*PERMISSION_DENIED/m;
      const { stdout } = await refused(['claim', 'start', '-', '--wait'], 1, said, { env, input: own('goes-on') });
      const { claims, problems } = JSON.parse(stdout) as { claims: object[]; problems: { id: string }[] };
      assert.deepEqual(claims, [{ claimId: 'goes-on', workflowId: 'claim-goes-on', started: true }]);
      assert.deepEqual(
        problems.map(({ id }) => id),
        ['goes-on'],
      );
    });

    it('and grants only so many long polls: no more than 200 are waited for at once', async () => {
      stub = await startTemporalStub((method) => (REACHED.includes(method) ? OK : 'silence'));
      const asked = (method: string) => stub.calls.filter(({ path }) => path.endsWith(`/${method}`)).length;
      const input = Array.from({ length: 250 }, (_, n) => own(`many-${n}`)).join('\n');
      const env = { ...backdrop.env, TEMPORAL_ADDRESS: `127.0.0.1:${stub.port}` };
      waiting = startFlows(['claim', 'start', '-', '--wait'], { env, input });
      await waiting.printed(/0 of 250 ended/);
      while (asked(WAIT) < 200) await sleep(50);
      await sleep(1_000);
      assert.deepEqual([asked(START), asked(WAIT)], [250, 200]);
    });
  });

  it('reconcile, on a Temporal that does not say who sends: it waits for its end all the same', async () => {
    const [OK, PERMISSION_DENIED] = [0, 7];
    const stub = await startTemporalStub((method) => {
      if (method === 'GetWorkflowExecutionHistory') return 'silence';
      return method === 'DescribeWorkflowExecution' ? PERMISSION_DENIED : OK;
    });
    const reconcile = startFlows(['reconcile'], { env: { TEMPORAL_ADDRESS: `127.0.0.1:${stub.port}` } });
    try {
      while (!stub.calls.some(({ path }) => path.endsWith('/DescribeWorkflowExecution'))) await sleep(50);
      await sleep(2_000);
      assert.equal(reconcile.child.exitCode, null);
      assert.doesNotMatch((await reconcile.stop('SIGKILL')).stderr, /^error/m);
    } finally {
      await reconcile.stop('SIGKILL');
      await stub.close();
    }
  });

  describe('claim verbs', () => {
    it('a claim that is not there', async () => {
      for (const verb of [['show'], ['retry'], ['withdraw', '--reason', 'sent twice']]) {
        const [name = '', ...rest] = verb;
        await refused(['claim', name, 'nobody', ...rest], 1, /claim nobody: no such process; `flows claim list` names/);
      }
    });

    it('an answer that the step does not take', async () => {
      const complete = ['claim', 'complete', 'good-1', '--step'];
      await refused([...complete, 'audit'], 2, /step: must be one of data_entry, review, approval, payment/);
      await refused([...complete, 'review', '--decision', 'perhaps'], 2, /approve, reject or request_info/);
      await refused([...complete, 'data_entry', '--corrections', '{'], 2, /It has to be JSON/);
    });

    it('no reason', async () => {
      await refused(['claim', 'withdraw', 'good-1'], 2, /required option '--reason <text>' not specified/);
      await refused(['claim', 'skip', 'good-1', '--reason', ' '], 2, /reason: must not be empty/);
    });
  });

  describe('onboarding start', () => {
    it('a file that is not JSON, without quoting it', async () => {
      const { stderr } = await refused(['onboarding', 'start', '-'], 2, /standard input: is not JSON/, {
        input: 'Theola',
      });
      assert.doesNotMatch(stderr, /Theola/);
    });

    it('a field that the process writes itself', async () => {
      const input = JSON.stringify({ userId: 'u', fields: { step: 'x' } });
      await refused(['onboarding', 'start', '-'], 2, /standard input: fields: must not use the names/, { input });
    });
  });

  describe('demo', () => {
    it('no token for the Fragment that is named', async () => {
      await refused(['demo'], 2, /FRAGMENT_API_TOKEN .*is not set/, { env: { FRAGMENT_API_TOKEN: '' } });
    });

    it('a token that Fragment does not take', async () => {
      const env = { FRAGMENT_API_TOKEN: 'secret-but-wrong' };
      const { stderr } = await refused(['demo'], 2, /FRAGMENT_API_TOKEN: .*401.* does not take this token/, { env });
      assert.doesNotMatch(stderr, /secret-but-wrong/);
    });

    it('a Fragment that does not answer', async () => {
      const env = { FRAGMENT_API_URL: `http://${unreachable}/api/v1` };
      await refused(['demo'], 1, /FRAGMENT_API_URL: nobody answers at http:\/\/127\.0\.0\.1:1/, { env });
    });

    it('a file in which nothing can be started', async () => {
      await refused(['demo', '--claims', '-'], 2, /standard input: no claim in it can be started/, { input: '{}' });
    });

    it('a count that is none', async () => {
      await refused(['demo', '--count', '0'], 2, /'0' is invalid/);
    });
  });

  describe('worker', () => {
    const run = (env: Record<string, string>) => flows(['worker'], { env: { ...backdrop.env, ...env } });

    it('no token, a wrong address and a wrong number, each named', async () => {
      const ended = await run({ FRAGMENT_API_TOKEN: '', FRAGMENT_API_URL: 'nowhere', FRAGMENT_MAX_BATCH: '0' });
      for (const name of ['FRAGMENT_API_TOKEN', 'FRAGMENT_API_URL', 'FRAGMENT_MAX_BATCH'])
        assert.match(ended.stderr, new RegExp(`^  ${name} `, 'm'));
      assert.equal(ended.code, 2);
    });

    it('no Temporal, and no such namespace: it ends', async () => {
      const lost = await run({ TEMPORAL_ADDRESS: unreachable });
      assert.match(lost.stderr, /error: Temporal cannot be reached at 127\.0\.0\.1:1: .*TEMPORAL_ADDRESS/);
      assert.equal(lost.code, 1);
      const elsewhere = await run({ TEMPORAL_NAMESPACE: 'elsewhere' });
      assert.match(elsewhere.stderr, /error: .*does not serve namespace elsewhere.*set TEMPORAL_NAMESPACE/);
      assert.equal(elsewhere.code, 1);
    });
  });

  it('an unknown command', async () => {
    const { code, stdout, stderr } = await flows(['clam']);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /unknown command 'clam'/);
  });
});
