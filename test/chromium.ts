import { chromium, type Browser } from 'playwright-core';
import { programOrSkip } from './machine.js';

const CHROMIUM = {
  name: 'Chromium',
  variable: 'CHROMIUM_PATH',
  commands: ['chromium', 'chromium-browser', 'google-chrome'],
  debianPackage: 'chromium',
};

/** Nothing of the browser's own errands: only the page under test is asked for. */
const ARGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** A real browser for a suite's `before`; the suite is skipped where none can be had. */
export async function launchChromium(context: Mocha.Context): Promise<Browser> {
  const executablePath = await programOrSkip(context, CHROMIUM);
  return chromium.launch({ executablePath, args: ARGS });
}
