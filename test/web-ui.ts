/** The Temporal Web UI as an operator's browser has it. */
import type { Browser, FrameLocator, Page } from 'playwright-core';

export class WebUi {
  private constructor(
    readonly page: Page,
    private readonly url: string,
  ) {}

  static async open(browser: Browser, url: string): Promise<WebUi> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 1060 } });
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

  async list(query: string): Promise<void> {
    await this.page.goto(`${this.url}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
  }

  /** As a person does it by More Actions > Send an Update. */
  async sendUpdate(name: string, argument: object): Promise<void> {
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByRole('menuitem', { name: 'Send an Update' }).click();
    const form = this.page.locator('dialog[open]');
    await form.getByTestId('update-select-button').click();
    await form.getByRole('option', { name }).click();
    await form.locator('[contenteditable=true]').fill(JSON.stringify(argument));
    // The editor sets the text anew when it is left, and moves the button under the pointer.
    await form.getByTestId('update-id').click();
    await form.getByRole('button', { name: 'Submit' }).click();
    await form.waitFor({ state: 'hidden' });
  }
}
