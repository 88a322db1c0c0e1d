/** The Temporal Web UI as an operator's browser has it. */
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { screenshot } from './screenshot.js';
import { until } from './until.js';

/** How long a page is given to fetch, decrypt and draw. */
const SETTLED_MS = 2_000;
/** How long a frame is given to take the height of what it shows. */
const RESIZED_MS = 500;
/** Around what a picture is of. */
const MARGIN = 8;

export class WebUi {
  private constructor(
    readonly page: Page,
    private readonly url: string,
  ) {}

  static async open(browser: Browser, url: string): Promise<WebUi> {
    // A little small, so that the pictures are, too.
    const context = await browser.newContext({ viewport: { width: 1440, height: 1500 }, deviceScaleFactor: 0.9 });
    return new WebUi(await context.newPage(), url);
  }

  /** A workflow's page, at the tab that shows its summary and its details. */
  async openDetails(workflowId: string): Promise<void> {
    await this.openWorkflow(workflowId);
    await this.page.getByText('User Metadata', { exact: true }).click();
    await this.page.getByRole('heading', { name: 'Current Details' }).waitFor();
  }

  async openWorkflow(workflowId: string): Promise<void> {
    await this.page.goto(`${this.url}/namespaces/default/workflows/${workflowId}`);
    await this.page.getByRole('heading', { name: workflowId }).waitFor();
  }

  /** The Web UI renders Markdown in frames: the summary's, the details', then the current details'. */
  currentDetails(): FrameLocator {
    return this.page.frameLocator('iframe').last();
  }

  /** Decrypts by this codec server, with the cookie that the browser has for it. */
  async useCodecServer(url: string): Promise<void> {
    await this.page.getByRole('button', { name: /codec/i }).first().click();
    const form = this.page.locator('dialog[open]');
    await form.getByTestId('use-local-endpoint-input').check({ force: true });
    await form.getByTestId('data-encoder-endpoint-input').fill(url);
    await form.getByText('Include cross-origin credentials').click();
    await form.getByRole('button', { name: 'Apply' }).click();
    await form.waitFor({ state: 'hidden' });
  }

  /**
   * What each page of a workflow shows, frames included: its input, its details, its memo, its history. A page named in
   * `drawn` is read once it shows that: one that shows nothing yet would prove nothing.
   */
  async allText(workflowId: string, drawn: Record<string, RegExp> = {}): Promise<string> {
    await this.openWorkflow(workflowId);
    await this.page.waitForURL(/timeline/);
    const run = new URL(this.page.url()).pathname.replace(/timeline.*/, '');
    const links = await this.page.locator(`a[href*="${run}"]`).all();
    const tabs = new Set(await Promise.all(links.map((link) => link.getAttribute('href'))));
    const texts: string[] = [];
    for (const tab of tabs) {
      await this.page.goto(new URL(String(tab), this.url).href);
      await this.page.getByText(workflowId).first().waitFor();
      const shows = drawn[String(tab).split('/').at(-1) ?? ''];
      if (shows) await until(async () => shows.test(await this.text()));
      // The page keeps a request open for news, so it is never idle: what it decrypts is there by then.
      await this.page.waitForTimeout(SETTLED_MS);
      texts.push(await this.text());
    }
    return texts.join('\n');
  }

  private async text(): Promise<string> {
    const frames = this.page.frames().map((frame) => frame.locator('body').innerText());
    return (await Promise.all(frames)).join('\n');
  }

  async list(query: string): Promise<void> {
    await this.page.goto(`${this.url}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
  }

  /** Keeps the list that is shown under a name, as this browser's saved view. */
  async saveView(name: string): Promise<void> {
    await this.page.getByTestId('create-view-button').click();
    const form = this.page.locator('dialog[open]').filter({ hasText: 'Save as New View' });
    await form.getByTestId('workflow-save-view-modal-input').fill(name);
    await form.getByTestId('confirm-modal-button').click();
    await form.waitFor({ state: 'hidden' });
  }

  /** A picture for the docs: as wide as `within`, the page without the Web UI's own frame, from one thing down to another. */
  async picture(name: string, from: Locator, to: Locator, within = this.page.locator('#content')): Promise<void> {
    await this.page.waitForTimeout(RESIZED_MS);
    const [width, top, bottom] = await Promise.all([within, from, to].map(async (part) => (await part.boundingBox())!));
    const y = top!.y - MARGIN;
    const clip = { ...width!, y, height: bottom!.y + bottom!.height + MARGIN - y };
    await screenshot(this.page, `temporal-${name}.png`, { clip });
  }

  /** Where a person chooses which Update to send, by More Actions > Send an Update. */
  async chooseUpdate(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByRole('menuitem', { name: 'Send an Update' }).click();
    const form = this.page.locator('dialog[open]');
    await form.getByTestId('update-select-button').click();
    await form.getByRole('option').first().waitFor();
    return form;
  }

  async sendUpdate(name: string, argument: object): Promise<void> {
    const form = await this.chooseUpdate();
    await form.getByRole('option', { name }).click();
    await form.locator('[contenteditable=true]').fill(JSON.stringify(argument));
    // The editor sets the text anew when it is left, and moves the button under the pointer.
    await form.getByTestId('update-id').click();
    await form.getByRole('button', { name: 'Submit' }).click();
    await form.waitFor({ state: 'hidden' });
  }
}
