import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../chromium.js';
import { portToTell } from '../ports.js';
import { item, send, start, stopAll, uid, until } from './harness.js';

const ADA = 'ada.okafor@example.com';
const BEN = 'ben.lindqvist@example.com';

describe('sandbox: inbox page, in Chromium', () => {
  let browser: Browser | undefined;
  let page: Page;
  let complaints: string[];
  before(async function () {
    browser = await launchChromium(this);
  });
  beforeEach(async () => {
    page = await browser!.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (line) => {
      if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text());
    });
  });
  afterEach(async () => {
    await page?.close();
    await stopAll();
  });
  after(() => browser?.close());

  const live = () => page.locator('#connection', { hasText: /^live$/ }).waitFor();

  /** Presses Tab until the focus is on what is meant, as somebody without a mouse does. */
  async function tabTo(name: string): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(`(() => {
        const held = document.activeElement;
        const label = held.labels?.[0]?.innerText ?? held.innerText;
        const outline = getComputedStyle(held).outlineStyle;
        return { name: (held.type === 'radio' ? held.closest('fieldset').querySelector('legend').innerText : label ?? '').trim(), outline };
      })()`);
      const { name: reached, outline } = focused as { name: string; outline: string };
      if (reached !== name) continue;
      assert.notEqual(outline, 'none', `${name}: the focus cannot be seen`);
      return;
    }
    throw new Error(`Tab does not lead to "${name}"`);
  }

  it('lets a review be found, started and finished with the keyboard alone', async () => {
    const sandbox = await start();
    await send(sandbox, 'PUT', '/tasks/batch', {
      items: [item(1, { step: 'review' }), item(2, { step: 'review' }), item(3, { step: 'payment' })],
    });
    await page.goto(sandbox.url);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    // The first thing that Tab reaches skips to the content.
    await page.waitForURL(/#content$/);
    await tabTo('Search the titles and all fields');
    await page.keyboard.type('task 1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=task/);
    await tabTo('Task 1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/tasks\//);
    await tabTo('Start');
    await page.keyboard.press('Enter');
    await page.locator('#status', { hasText: 'Started' }).waitFor();
    await tabTo('Decision');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Which <b>clinic</b>?');
    await tabTo('Finish');
    await page.keyboard.press('Enter');
    await page.locator('#status', { hasText: 'Done' }).waitFor();

    const detail = sandbox.tasks.detail(uid(1));
    assert.deepEqual(detail?.task.form_data, { decision: 'request_info', note: 'Which <b>clinic</b>?' });
    assert.equal(detail?.history.at(-1)?.by, ADA);
    assert.match(await page.locator('footer').innerText(), /not Fragment/);
    assert.deepEqual(complaints, []);
  });

  it('lets one visitor review as one person and approve as another', async () => {
    const sandbox = await start();
    await send(sandbox, 'PUT', '/tasks/batch', { items: [item(1, { step: 'review' }), item(2, { step: 'approval' })] });
    for (const [n, person] of [
      [1, ADA],
      [2, BEN],
    ] as const) {
      await page.goto(`${sandbox.url}/tasks/${uid(n)}`);
      await page.getByLabel('You are').selectOption(person);
      await page.getByRole('button', { name: 'Switch' }).click();
      await page.getByRole('radio', { name: 'Approve' }).check();
      await page.getByRole('button', { name: 'Finish' }).click();
      await page.locator('#status', { hasText: 'Done' }).waitFor();
    }
    const who = [1, 2].map((n) => sandbox.tasks.detail(uid(n))?.history.at(-1)?.assignee);
    assert.deepEqual(who, [ADA, BEN]);
    assert.deepEqual(complaints, []);
  });

  it('shows in the list what others create and change, and keeps the focus', async () => {
    const sandbox = await start();
    await send(sandbox, 'POST', '/tasks', item(1, { step: 'review' }));
    await page.goto(sandbox.url);
    await live();
    await page.locator(`#task-${uid(1)}`).focus();
    await send(sandbox, 'POST', '/tasks', item(2, { step: 'payment', process: 'claim' }));
    await page.locator(`#task-${uid(2)}`).waitFor();
    await page.locator('#queue-claim-payment').waitFor();
    assert.equal(await page.evaluate('document.activeElement.id'), `task-${uid(1)}`);
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { status: 'DONE' });
    await page.locator(`#task-${uid(1)}`).waitFor({ state: 'detached' });
    assert.deepEqual(complaints, []);
  });

  it('shows what others do to a task, and leaves alone what is being typed', async () => {
    const sandbox = await start();
    await send(sandbox, 'POST', '/tasks', item(1, { step: 'review' }));
    await page.goto(`${sandbox.url}/tasks/${uid(1)}`);
    await live();
    await page.getByRole('radio', { name: 'Reject' }).check();
    await page.getByLabel('Note').fill('The invoice is');
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { status: 'STARTED', assignee_email: BEN });
    await page.locator('#status', { hasText: 'Started' }).waitFor();
    await page.locator('#facts', { hasText: BEN }).waitFor();
    await page.locator('#history', { hasText: 'status → STARTED' }).waitFor();
    await page.locator('#changed', { hasText: 'What you are typing was left as it is' }).waitFor();
    assert.equal(await page.getByLabel('Note').inputValue(), 'The invoice is');
    assert.ok(await page.getByRole('radio', { name: 'Reject' }).isChecked());
    await page.keyboard.type(' not legible');
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.locator('#status', { hasText: 'Done' }).waitFor();
    assert.equal(sandbox.tasks.get(uid(1))?.form_data?.['decision'], 'reject');
    assert.deepEqual(complaints, []);
  });

  it('gives a refused answer back, and keeps it over a live update', async () => {
    const sandbox = await start();
    await send(sandbox, 'POST', '/tasks', item(1, { step: 'data_entry' }));
    await page.goto(`${sandbox.url}/tasks/${uid(1)}`);
    await page.getByLabel('Corrections').fill('{"provider": ');
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.getByRole('alert').filter({ hasText: 'not a JSON object' }).waitFor();
    await live();
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { status: 'STARTED', assignee_email: BEN });
    await page.locator('#status', { hasText: 'Started' }).waitFor();
    assert.equal(await page.getByLabel('Corrections').inputValue(), '{"provider": ');
  });

  it('redraws the forms nobody is using, and says when a task is gone', async () => {
    const sandbox = await start();
    await send(sandbox, 'POST', '/tasks', item(1, { step: 'review' }));
    await page.goto(`${sandbox.url}/tasks/${uid(1)}`);
    await live();
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { status: 'DONE', form_data: { decision: 'approve' } });
    await page.getByRole('button', { name: 'Reopen' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Finish' }).count(), 0);
    await send(sandbox, 'DELETE', `/tasks/${uid(1)}`);
    await page.locator('#changed', { hasText: 'no longer here' }).waitFor();
  });

  it('catches up when the sandbox was away for a while', async () => {
    const port = await portToTell();
    const first = await start({ port });
    await page.goto(first.url);
    await live();
    await stopAll();
    await page.locator('#connection', { hasText: 'not connected' }).waitFor();
    const second = await start({ port });
    await send(second, 'POST', '/tasks', item(1));
    await page.locator(`#task-${uid(1)}`).waitFor();
  });

  it('takes Fragment away from the page, shows what it does, and brings it back', async () => {
    const sandbox = await start();
    await page.goto(`${sandbox.url}/faults`);
    await live();
    await page.getByRole('radio', { name: '503' }).check();
    await page.getByRole('button', { name: 'Take it away' }).click();
    await page.getByText('Fragment answers 503.').waitFor();
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 503);
    await live();
    await page.locator('#figures', { hasText: /Requests in the last minute\s+1 of 60/ }).waitFor();
    await page.getByRole('button', { name: 'Bring it back' }).click();
    await page.getByText('Fragment answers 503.').waitFor({ state: 'detached' });
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 200);

    // Somebody else's fault shows, too, on whatever page is open.
    await page.goto(sandbox.url);
    await live();
    await send(sandbox, 'POST', '/_sandbox/faults', { kind: 'status', status: 429, times: 2 });
    await page.getByText('Fragment answers 429, for the next 2 requests.').waitFor();
    await page.getByRole('button', { name: 'Bring it back' }).click();
    await until(() => sandbox.faults.waiting.length === 0, 'the fault is gone');
    assert.deepEqual(complaints, []);
  });
});
