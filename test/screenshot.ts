/** The pictures of the docs, taken by the tests that check what they show: UPDATE_SCREENSHOTS=1 puts them there. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { Locator, Page, PageScreenshotOptions } from 'playwright-core';

const IMAGES = new URL('../docs/images/', import.meta.url);
/** A large page on which nothing was drawn takes a third less. */
const BLANK_BYTES = 15_000;
/** More is too large for the repository. */
const MAX_BYTES = 150_000;

export async function screenshot(
  what: Page | Locator,
  name: string,
  { clip }: Pick<PageScreenshotOptions, 'clip'> = {},
): Promise<void> {
  const png = await what.screenshot({ animations: 'disabled', ...(clip ? { clip } : {}) });
  assert.ok(png.length > BLANK_BYTES, `${name} is blank: ${png.length} bytes`);
  assert.ok(png.length < MAX_BYTES, `${name} is too large for the repository: ${png.length} bytes`);
  if (process.env['UPDATE_SCREENSHOTS']) await writeFile(new URL(name, IMAGES), png);
}
