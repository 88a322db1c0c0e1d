import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../chromium.js';
import { item, send, start, stopAll, uid } from './harness.js';

describe('sandbox: inbox page, in Chromium', () => {
  let browser: Browser | undefined;
  let page: Page;
  before(async function () {
    browser = await launchChromium(this);
  });
  beforeEach(async () => {
    page = await browser!.newPage();
  });
  afterEach(async () => {
    await page?.close();
    await stopAll();
  });
  after(() => browser?.close());

  it('lets a person find a review, start it, and finish it with a decision and a note', async () => {
    const sandbox = await start();
    await send(sandbox, 'PUT', '/tasks/batch', {
      items: [item(1, { step: 'review' }), item(2, { step: 'review' }), item(3, { step: 'payment' })],
    });
    await page.goto(sandbox.url);
    assert.equal(await page.getByRole('heading', { name: 'review (2)' }).count(), 1);
    await page.getByRole('link', { name: 'Task 1' }).click();
    await page.getByLabel('Your e-mail').first().fill('ada@example.com');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('#status', { hasText: 'STARTED' }).waitFor();
    assert.equal(await page.getByLabel('Your e-mail').inputValue(), 'ada@example.com');
    await page.getByLabel('Decision').selectOption('request_info');
    await page.getByLabel('Note').fill('Which <b>clinic</b>?');
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.locator('#status', { hasText: 'DONE' }).waitFor();

    const detail = sandbox.tasks.detail(uid(1));
    assert.equal(detail?.task.status, 'DONE');
    assert.deepEqual(detail?.task.form_data, { decision: 'request_info', note: 'Which <b>clinic</b>?' });
    assert.equal(detail?.history.at(-1)?.by, 'ada@example.com');
    assert.equal(await page.getByRole('button').count(), 0);
    assert.match(await page.locator('footer').innerText(), /not Fragment/);

    await page.goto(sandbox.url);
    assert.equal(await page.getByRole('heading', { name: 'review (1)' }).count(), 1);
    assert.equal(await page.getByRole('link', { name: 'Task 1' }).count(), 0);
  });
});
