import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext } from 'playwright-core';
import { UNTIL_CLEARED } from '../../sandbox/faults.js';
import type { Sandbox } from '../../sandbox/server.js';
import { launchChromium } from '../chromium.js';
import { screenshot } from '../screenshot.js';
import { send, start, stopAll, uid } from './harness.js';
import { setScene, SHOWN_TASK } from './page-scene.js';

const AXE = new URL('../../node_modules/axe-core/axe.min.js', import.meta.url);

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

describe('sandbox: inbox page, looked at', () => {
  let browser: Browser | undefined;
  let sandbox: Sandbox;
  let axe: string;
  before(async function () {
    browser = await launchChromium(this);
    axe = await readFile(AXE, 'utf8');
  });
  beforeEach(async () => {
    sandbox = await start();
    setScene(sandbox);
  });
  afterEach(stopAll);
  after(() => browser?.close());

  const PAGES = {
    list: '/',
    task: `/tasks/${SHOWN_TASK}`,
    finished: `/tasks/${uid(3)}`,
    faults: '/faults',
    person: '/person',
  };

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [name, path] of Object.entries(PAGES)) {
      it(`axe-core finds nothing serious on the ${name} page, ${colorScheme}`, async () => {
        const context = await browser!.newContext({ colorScheme });
        const page = await context.newPage();
        await page.goto(sandbox.url + path);
        for (const details of await page.locator('summary').all()) await details.click();
        // Evaluated, not injected as an element: the page's own policy lets no foreign script in.
        await page.evaluate(axe);
        const found = (await page.evaluate('axe.run()')) as { violations: Violation[]; passes: unknown[] };
        assert.ok(found.passes.length > 10, 'axe-core has looked at something');
        const bad = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        assert.deepEqual(
          bad.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
          [],
        );
        await context.close();
      });
    }
  }

  it('fits on a narrow screen', async () => {
    const context = await browser!.newContext({ viewport: { width: 360, height: 740 } });
    const page = await context.newPage();
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(sandbox.url + path);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(Number(width) <= 360, `${name} is ${String(width)} px wide`);
    }
    await context.close();
  });

  it('is shown in the docs as it is', async () => {
    sandbox.linkTemporal('http://127.0.0.1:8233');
    const wide = { width: 1200, height: 640 };
    await picture('inbox-tasks.png', '/', { viewport: wide, colorScheme: 'light' });
    await picture('inbox-task.png', PAGES.task, { viewport: { width: 1200, height: 840 }, colorScheme: 'light' });
    sandbox.faults.add({ kind: 'status', status: 429, times: UNTIL_CLEARED });
    for (let request = 0; request < 12; request++) await send(sandbox, 'GET', '/accounts/me');
    await picture('inbox-faults.png', '/faults', { viewport: wide, colorScheme: 'dark' });
  });

  async function picture(name: string, path: string, options: Parameters<Browser['newContext']>[0]): Promise<void> {
    const context: BrowserContext = await browser!.newContext(options);
    const page = await context.newPage();
    await page.goto(sandbox.url + path);
    await page.locator('#connection', { hasText: /^live$/ }).waitFor();
    await screenshot(page, name);
    await context.close();
  }
});
