/** 77: an encrypted run from end to end, then every place is searched where a secret or a person could have been left. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Browser } from 'playwright-core';
import { Claims } from '../../client/index.js';
import { dataConverter } from '../../codec/data-converter.js';
import { findTemporal } from '../../worker/embedded/temporal.js';
import { launchChromium } from '../chromium.js';
import { setBackdrop, type Backdrop } from '../cli/backdrop.js';
import { flows, startFlows, type RunningFlows } from '../cli/flows.js';
import { portToTell } from '../ports.js';
import { until } from '../until.js';
import { WebUi } from '../web-ui.js';

const key = randomBytes(32).toString('base64');
const PAYLOAD_KEYS = `k1:${key}`;
const CODEC_TOKEN = randomBytes(16).toString('hex');
/** Each stands for a person or for what people say, and says where it was put in. */
const PERSONAL = {
  patient: 'Patient/zz-patient',
  provider: 'Practitioner/zz-provider',
  url: 'https://files.example.com/zz-url',
  note: 'zz-note of the backend',
  answer: 'zz-answer of a person',
  reason: 'zz-reason of a withdrawal',
  by: 'zz-by@example.com',
  assignee: 'zz-assignee@example.com',
  corrected: 'Patient/zz-corrected',
};
const MARKER = /zz-\w+/g;
const SECRETS = [key, CODEC_TOKEN, 'test-token'];
const usd = (amount: number) => ({ amount, currency: 'USD' });

describe('privacy: an encrypted run', function () {
  this.timeout(240_000);
  let backdrop: Backdrop;
  let worker: RunningFlows;
  let codec: RunningFlows;
  let codecUrl: string;
  let metricsPort: number;
  let connection: Connection;
  let claims: Claims;
  const said: string[] = [];

  before(async () => {
    const uiPort = await portToTell();
    metricsPort = await portToTell();
    const origin = `http://127.0.0.1:${uiPort}`;
    codec = startFlows(['codec', 'serve', '--port', '0', '--origin', origin], { env: { PAYLOAD_KEYS, CODEC_TOKEN } });
    [, codecUrl = ''] = await codec.printed(/codec server: (\S+)/);
    backdrop = await setBackdrop({}, { uiPort, uiCodecEndpoint: codecUrl });
    const { paymentsUrl } = backdrop.sandbox;
    const payments = { PAYMENTS_URL: paymentsUrl, PAYMENTS_TOKEN: 'test-token' };
    worker = await backdrop.worker({
      PAYLOAD_KEYS,
      METRICS_PORT: String(metricsPort),
      LOG_LEVEL: 'debug',
      ...payments,
    });
    connection = await Connection.connect({ address: backdrop.env.TEMPORAL_ADDRESS });
    claims = new Claims(new Client({ connection, dataConverter: dataConverter(PAYLOAD_KEYS) }));
    await run();
  });
  after(async () => {
    await connection?.close();
    await backdrop?.stop();
    await codec?.stop('SIGTERM');
  });

  it('77: leaves neither a secret nor a person in any history, memo or summary', async () => {
    const histories = await rawHistories();
    assert.ok(histories.size >= 4, [...histories.keys()].join());
    for (const [workflowId, text] of histories) {
      // The codec's mark is base64 too: where it is read, a person would be.
      assert.ok(text.includes('binary/encrypted'), workflowId);
      assert.deepEqual(text.match(MARKER), null, workflowId);
      for (const secret of SECRETS) assert.ok(!text.includes(secret), workflowId);
    }
  });

  it('77: tells an operator without the keys which variable is missing, and not that nobody answers', async () => {
    for (const args of [
      ['claim', 'list'],
      ['claim', 'show', 'waits'],
      ['gateway', 'status'],
      ['feed', 'status'],
    ]) {
      const { code, stderr } = await flows(args, { env: backdrop.env });
      assert.match(stderr, /is encrypted, .*set PAYLOAD_KEYS as the workers have it/, args.join(' '));
      assert.equal(code, 1);
    }
  });

  it("77: is read by Temporal's command line, which takes address and token from the environment", async () => {
    const show = async (env: Record<string, string>) => {
      const args = ['workflow', 'show', '-w', 'claim-waits', '--detailed'];
      const { PATH, HOME } = process.env;
      const address = String(backdrop.env.TEMPORAL_ADDRESS);
      const all = { PATH, HOME, TEMPORAL_ADDRESS: address, ...env };
      return (await promisify(execFile)(await findTemporal(), args, { env: all, maxBuffer: 1e8 })).stdout;
    };
    const codecs = { TEMPORAL_CODEC_ENDPOINT: codecUrl, TEMPORAL_CODEC_AUTH: `Bearer ${CODEC_TOKEN}` };
    assert.ok((await show(codecs)).includes(PERSONAL.patient));
    assert.ok(!(await show({})).includes(PERSONAL.patient));
  });

  it('77: leaves none in logs, metrics and error messages', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    assert.match(metrics, /fragment_gateway/);
    const { stderr, stdout } = await worker.stop('SIGTERM');
    assert.match(stderr, /worker started/);
    assert.equal(said.length, 3);
    const places = { metrics, stderr, stdout, errors: said.join('\n') };
    for (const [place, text] of Object.entries(places)) {
      assert.deepEqual(text.match(MARKER), null, place);
      for (const secret of SECRETS) assert.ok(!text.includes(secret), place);
    }
  });

  it('77: pushes into Fragment what the allow-list names, and the address of the file', () => {
    const tasks = backdrop.sandbox.tasks.all();
    assert.ok(tasks.length >= 4);
    const own = ['title', 'url', 'process', 'claim_id', 'step', 'round', 'workflow_id'];
    const allowed = [...own, 'total', 'type', 'priority', 'created'];
    for (const { fields } of tasks) {
      assert.deepEqual(
        Object.keys(fields).filter((name) => !allowed.includes(name)),
        [],
      );
      const { url: _, ...others } = fields;
      assert.deepEqual(JSON.stringify(others).match(MARKER), null);
    }
  });

  it('77: is decrypted on this machine alone, unless the codec server is told otherwise', async () => {
    assert.equal((await fetch(codecUrl)).status, 200);
    // Another address of this machine, which a server that listens on all of them answers at.
    const other = codecUrl.replace('//127.0.0.1:', '//127.0.0.2:');
    assert.notEqual(other, codecUrl);
    await assert.rejects(fetch(other));
  });

  describe('in the Temporal Web UI, in Chromium', () => {
    let browser: Browser | undefined;
    let ui: WebUi;
    before(async function () {
      await backdrop.worker({ PAYLOAD_KEYS });
      browser = await launchChromium(this);
      ui = await WebUi.open(browser, backdrop.uiUrl);
    });
    after(() => browser?.close());

    it('77: shows nothing of it to a browser that has not signed in at the codec server', async () => {
      const encrypted = /binary\/encrypted|YmluYXJ5L2VuY3J5cHRlZA==/;
      const text = await ui.allText('claim-waits', { memo: encrypted, 'history.json': encrypted });
      for (const shown of [/claim-waits/, encrypted]) assert.match(text, shown);
      assert.deepEqual(text.match(MARKER), null);
      assert.doesNotMatch(text, /Waiting for people|800\.00/);
    });

    it('77: shows it to one that has, once it is told to include cross-origin credentials', async () => {
      const { page } = ui;
      await page.goto(codecUrl);
      await page.getByLabel('Token').fill(CODEC_TOKEN);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('This browser may decrypt.').waitFor();
      await ui.openWorkflow('claim-waits');
      await ui.useCodecServer(codecUrl);
      await ui.openDetails('claim-waits');
      await ui.currentDetails().getByRole('heading', { name: 'Waiting for people: data_entry' }).waitFor();
      await page.frameLocator('iframe').first().getByText('Claim waits · 800.00 USD').waitFor();
      await ui.openWorkflow('claim-waits');
      await page.getByText(PERSONAL.patient).first().waitFor();
    });
  });

  /** One is paid after answers from both sides, one is withdrawn, one waits; what is refused is refused on the way. */
  async function run(): Promise<void> {
    const { patient, provider, url, note, answer, reason, by, assignee, corrected } = PERSONAL;
    const people = { patient, provider, url };
    await claims.start({ id: 'paid', total: usd(12_000), ...people });
    await claims.start({ id: 'withdrawn', total: usd(80_000), ...people });
    await claims.start({ id: 'waits', total: usd(80_000), ...people });
    await at('paid', 'data_entry');
    await claims.complete('paid', { step: 'data_entry', note, by, corrections: { patient: corrected } });
    const uid = await at('paid', 'review');
    const bad = { step: 'review', decision: 'zz-decision', note, by };
    await refused(() => claims.complete('paid', bad));
    await refused(() => claims.complete('paid', { step: 'payment', note, by }));
    const form_data = { decision: 'perhaps', note: answer };
    const { tasks } = backdrop.sandbox;
    tasks.apply('PATCH', { uid, status: 'DONE', assignee_email: assignee, form_data }, assignee);
    await until(async () => (await claims.state('paid')).audit.some(({ what }) => what === 'handed back'));
    await until(() => tasks.get(uid)?.status === 'TODO');
    tasks.apply('PATCH', { uid, status: 'DONE', form_data: { decision: 'approve', note: answer } }, assignee);
    assert.equal((await claims.result('paid')).outcome, 'paid');
    await at('withdrawn', 'data_entry');
    await claims.withdraw('withdrawn', { reason, by });
    assert.equal((await claims.result('withdrawn')).outcome, 'withdrawn');
    await refused(() => claims.withdraw('withdrawn', { reason, by }));
    await at('waits', 'data_entry');
  }

  async function at(id: string, step: string): Promise<string> {
    const state = await until(async () => {
      const last = (await claims.state(id)).steps.at(-1);
      return last?.step === step && last.status === 'waiting' ? last : undefined;
    });
    return String(state.uid);
  }

  async function refused(work: () => Promise<unknown>): Promise<void> {
    const error: unknown = await work().then(
      () => assert.fail('it was taken'),
      (reason: unknown) => reason,
    );
    said.push((error as Error).message);
  }

  /** As Temporal keeps them, with what is base64 read as text too. */
  async function rawHistories(): Promise<Map<string, string>> {
    const reader = new Client({ connection, dataConverter: dataConverter(PAYLOAD_KEYS) });
    const { namespace } = reader.options;
    const found = new Map<string, string>();
    for await (const { workflowId, runId } of reader.workflow.list()) {
      const history = await reader.workflow.getHandle(workflowId, runId).fetchHistory();
      const execution = { workflowId, runId };
      const described = await connection.workflowService.describeWorkflowExecution({ namespace, execution });
      const json = historyToJSON(history) + JSON.stringify(described);
      const decoded = json.matchAll(/"([A-Za-z0-9+/]{16,}={0,2})"/g);
      const text = [...decoded].map(([, data]) => Buffer.from(String(data), 'base64').toString());
      found.set(workflowId, [json, ...text].join('\n'));
    }
    return found;
  }
});
