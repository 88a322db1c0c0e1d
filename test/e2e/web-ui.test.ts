/** Opened in the Temporal Web UI, a claim says where it stands and what can be done, and does it from there. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { Claims } from '../../client/index.js';
import { launchChromium } from '../chromium.js';
import { screenshot } from '../screenshot.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';
import { WebUi } from '../web-ui.js';

describe('the Temporal Web UI, in Chromium', function () {
  this.timeout(180_000);
  let browser: Browser | undefined;
  let stage: Stage;
  let claims: Claims;
  let ui: WebUi;
  before(async function () {
    browser = await launchChromium(this);
    const ledger = { refuse: [] as string[], refuseOnce: ['C-1002'] };
    stage = await setStage({ ui: true, team: false, requestsPerMinute: 600, behaviour: { rateLimit: 600 }, ledger });
    claims = new Claims(stage.temporal, { policy: { taskUrl: `${stage.sandbox.url}/tasks/{uid}` } });
    ui = await WebUi.open(browser, stage.uiUrl);
    await startAt('C-1001', 80_000, ['data_entry']);
    await startAt('C-1002', 12_000, ['data_entry', 'review']);
    await until(async () => (await claims.state('C-1002')).needsAttention);
  });
  after(async () => {
    await browser?.close();
    await stage?.stop();
  });

  it('says where a claim stands, since when, what comes next and what can be done', async () => {
    await ui.openDetails('claim-C-1001');
    const details = ui.currentDetails();
    await details.getByRole('heading', { name: 'Waiting for people: review' }).waitFor();
    const { steps } = await claims.state('C-1001');
    const review = steps.at(-1);
    const text = await details.locator('body').innerText();
    assert.match(text, new RegExp(`Since ${minute(review?.since)} · due ${minute(review?.due)}`));
    assert.match(text, /Next: approval, then payment/);
    assert.match(text, /completeStep: .*approve, reject or request_info.*"step":"review","decision":"approve"/s);
    assert.doesNotMatch(text, /retryStep/);
    // To complete, reassign, move the due date, pause and withdraw.
    const offered = text.match(/\{.*\}/g) ?? [];
    assert.equal(offered.length, 5, text);
    for (const argument of offered) assert.doesNotThrow(() => JSON.parse(argument), argument);
    const rows = await details.getByRole('row').allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split(/\s+/).slice(0, 3)),
      [
        ['step', 'round', 'state'],
        ['data_entry', '1', 'done'],
        ['review', '1', 'waiting'],
      ],
    );
    await ui.picture('claim', title(), details.getByRole('table'));
  });

  it('describes what can be sent to it', async () => {
    await ui.openDetails('claim-C-1001');
    const form = await ui.chooseUpdate();
    const verbs = await form.getByRole('option').allInnerTexts();
    assert.deepEqual(
      verbs.map((verb) => verb.trim().split(/\s*\n\s*/)[0]),
      ['completeStep', 'retryStep', 'skipStep', 'reassign', 'changeDue', 'pause', 'resume', 'withdraw', 'Custom'],
    );
    for (const verb of verbs.slice(0, -1)) assert.match(verb, /\n[A-Z][a-z]+ .*: \{ .* \}/);
    await screenshot(form, 'temporal-verbs.png');
  });

  it('leads to the task', async () => {
    await ui.openDetails('claim-C-1001');
    const uid = String((await claims.state('C-1001')).steps.at(-1)?.uid);
    const link = ui
      .currentDetails()
      .getByRole('link', { name: uid.slice(0, 8) })
      .first();
    const inbox = await browser!.newPage();
    await inbox.goto(String(await link.getAttribute('href')));
    assert.match(await inbox.locator('h1').innerText(), /Review claim C-1001/);
    await inbox.close();
  });

  it('finds the claim that needs attention, says why, and tries it again', async () => {
    await ui.list("WorkflowType = 'claim' AND NeedsAttention = true");
    const found = ui.page.getByRole('link', { name: /^claim-C-/ });
    await found.first().waitFor();
    assert.deepEqual(await found.allInnerTexts(), ['claim-C-1002']);
    await ui.saveView('Needs attention');
    const rows = ui.page.getByRole('row');
    await ui.picture('attention', ui.page.getByText('Start Workflow').first(), rows.last());

    await ui.openDetails('claim-C-1002');
    const details = ui.currentDetails();
    await details.getByRole('heading', { name: /Needs attention at payment/ }).waitFor();
    assert.match(await details.locator('body').innerText(), /Why: payment: .*retryStep.*skipStep/s);
    const panel = ui.page.locator('iframe').last();
    await ui.picture('parked', panel, details.getByRole('table'), panel);

    await ui.sendUpdate('retryStep', { reason: 'the account is known now', by: 'olga@example.com' });
    assert.equal((await claims.result('C-1002')).outcome, 'paid');
    await ui.openDetails('claim-C-1002');
    await ui.currentDetails().getByRole('heading', { name: 'Ended: paid' }).waitFor();
    assert.match(
      await ui.currentDetails().locator('body').innerText(),
      /payment: retried, olga@example.com \(operator\)/,
    );
  });

  it('shows by which way the account learns of completions, and at what delay', async () => {
    await ui.openDetails('task-feed');
    const details = ui.currentDetails();
    await details.getByRole('heading', { name: /^Reads the list of what changed/ }).waitFor();
    assert.match(
      await details.locator('body').innerText(),
      /Last round \d{4}-.* told to its process within .*awaited/s,
    );
    await ui.picture('feed', title(), details.locator('main'));
  });

  /** A workflow's id, state and figures. */
  const title = () => ui.page.locator('header').last();

  async function startAt(id: string, amount: number, done: readonly string[]): Promise<void> {
    const type = 'institutional';
    await claims.start({ id, total: { amount, currency: 'USD' }, type, priority: 'normal', created: '2026-03-01' });
    for (const step of done) {
      await until(async () => {
        const last = (await claims.state(id)).steps.at(-1);
        return last?.step === step && last.status === 'waiting';
      });
      await claims.complete(id, { step, by: 'ada@example.com', ...(step === 'review' ? { decision: 'approve' } : {}) });
    }
    await until(async () => (await claims.state(id)).steps.at(-1)?.status !== 'opening');
  }
});

const minute = (at = ''): string => at.slice(0, 16).replace('T', ' ');
