import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { item, send, start, stopAll, uid } from './harness.js';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const args = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

describe('sandbox: inbox page', () => {
  afterEach(stopAll);

  it('escapes what stands in a task, and refuses a form sent from another origin', async () => {
    const sandbox = await start();
    await send(sandbox, 'POST', '/tasks', item(1, { title: '<img src=x onerror=alert(1)>', step: 'review' }));
    for (const path of ['/', `/tasks/${uid(1)}`]) {
      const text = await (await fetch(sandbox.url + path)).text();
      assert.ok(text.includes('&lt;img') && !text.includes('<img'), path);
    }
    const foreign = await fetch(`${sandbox.url}/tasks/${uid(1)}/finish`, {
      method: 'POST',
      headers: { origin: 'http://elsewhere.example', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'by=a%40example.com',
    });
    assert.equal(foreign.status, 403);
    assert.equal(sandbox.tasks.get(uid(1))?.status, 'TODO');
  });

  describe('in Chromium', () => {
    let browser: Browser | undefined;
    before(async function () {
      if (!existsSync(executablePath)) {
        console.log(`skipped: no Chromium at ${executablePath}; set CHROMIUM_PATH to run the page tests`);
        this.skip();
      }
      browser = await chromium.launch({ executablePath, args });
    });
    after(() => browser?.close());

    it('lets a person find a review, start it, and finish it with a decision and a note', async () => {
      const sandbox = await start();
      await send(sandbox, 'PUT', '/tasks/batch', {
        items: [item(1, { step: 'review' }), item(2, { step: 'review' }), item(3, { step: 'payment' })],
      });
      const page = await browser!.newPage();
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
      assert.deepEqual(sandbox.tasks.get(uid(1))?.form_data, {
        decision: 'request_info',
        note: 'Which <b>clinic</b>?',
      });
      assert.equal(sandbox.tasks.detail(uid(1))?.history.at(-1)?.by, 'ada@example.com');
      assert.equal(await page.getByRole('button').count(), 0);
      assert.match(await page.locator('footer').innerText(), /not Fragment/);
      await page.close();
    });
  });
});
