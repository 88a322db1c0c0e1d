import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { ClaimResult } from '../../workflows/claim/contract.js';
import { launchChromium } from '../chromium.js';
import { setStage, type Stage } from '../stage.js';

const ADA = 'ada.okafor@example.com';
const BEN = 'ben.lindqvist@example.com';
const LEARN_MS = 60_000;

describe('a claim, done by a person in the inbox', function () {
  this.timeout(240_000);
  let browser: Browser | undefined;
  let page: Page;
  let stage: Stage | undefined;
  before(async function () {
    browser = await launchChromium(this);
    stage = await setStage({ team: false, requestsPerMinute: 600, behaviour: { rateLimit: 600 } });
  });
  after(async () => {
    await browser?.close();
    await stage?.stop();
  });

  /** Waits on the list, as somebody would, until the step's task is there. */
  async function open(step: string): Promise<void> {
    await page.goto(`${stage!.sandbox.url}/?process=claim&step=${step}`);
    await page.getByRole('link', { name: 'claim C-7' }).click({ timeout: LEARN_MS });
    await page.locator('#answer').waitFor();
  }

  async function be(person: string): Promise<void> {
    await page.getByLabel('You are').selectOption(person);
    await page.getByRole('button', { name: 'Switch' }).click();
  }

  async function approve(): Promise<void> {
    await page.getByRole('radio', { name: 'Approve' }).check();
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.locator('[data-status=DONE]').waitFor();
  }

  it('survives that Fragment is taken away, is not approved by its reviewer, and is paid', async () => {
    const { sandbox } = stage!;
    page = await browser!.newPage();
    const claim = await stage!.startClaim({ id: 'C-7', total: { amount: 90_000, currency: 'USD' } });
    await open('data_entry');
    await be(ADA);
    await page.getByLabel('Corrections').fill('{"type": "pharmacy"}');
    await page.getByRole('button', { name: 'Finish' }).click();
    await open('review');
    assert.match(await page.locator('#fields').innerText(), /pharmacy/);

    await page.getByRole('link', { name: 'Faults' }).click();
    await page.getByRole('radio', { name: '503' }).check();
    await page.getByRole('button', { name: 'Take it away' }).click();
    const before = sandbox.faults.taken;
    await open('review');
    await approve();
    // Not sooner: the outage should have met requests.
    while (sandbox.faults.taken === before) await page.waitForTimeout(100);
    assert.equal(sandbox.tasks.all().filter((task) => task.fields.step === 'approval').length, 0);
    await page.getByRole('button', { name: 'Bring it back' }).click();

    await open('approval');
    await approve();
    await page.locator('#comments article').waitFor({ timeout: LEARN_MS });
    await page.locator('[data-status=TODO], [data-status=STARTED]').waitFor({ timeout: LEARN_MS });
    await be(BEN);
    await approve();
    const { outcome }: ClaimResult = await claim.result();
    assert.equal(outcome, 'paid');
    assert.deepEqual(
      sandbox.tasks.all().filter((task) => task.status !== 'DONE'),
      [],
    );
    assert.equal(sandbox.ledger.payments().length, 1);
  });
});
