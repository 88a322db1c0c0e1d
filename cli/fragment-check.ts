import { setTimeout as sleep } from 'node:timers/promises';
import type { FragmentClient } from '../fragment/client.js';
import { FragmentAuthError, FragmentUnavailableError } from '../fragment/errors.js';
import { CliError } from './output.js';

const ATTEMPTS = 3;
const BETWEEN_MS = 1_000;

/**
 * Whether Fragment is there and takes the token; the gateway waits such things out, so without this look they would show as
 * nothing at all. Asked before the gateway is there: its budget begins empty, so this one request fits beside it.
 */
export async function checkFragment(fragment: FragmentClient, address: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return void (await fragment.accountsMe());
    } catch (error) {
      if (error instanceof FragmentAuthError) {
        throw new CliError(`FRAGMENT_API_TOKEN: ${error.message}; ${address} does not take this token`, 2);
      }
      // Any answer at all is somebody to work with; what else is wrong with it, the gateway sees to.
      if (!(error instanceof FragmentUnavailableError) || error.status !== undefined) return;
      if (attempt === ATTEMPTS) throw new CliError(`FRAGMENT_API_URL: nobody answers at ${address} (${error.message})`);
      await sleep(BETWEEN_MS);
    }
  }
}
