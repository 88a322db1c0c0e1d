import { setTimeout as sleep } from 'node:timers/promises';
import type { FragmentClient } from '../fragment/client.js';
import { FragmentAuthError, FragmentUnavailableError, type FragmentError } from '../fragment/errors.js';
import { CliError } from './output.js';

const ATTEMPTS = 3;
const BETWEEN_MS = 1_000;

/**
 * Whether Fragment is there and takes the token; the gateway waits such things out, so without this look they would show as
 * nothing at all. Asked before the gateway is there: its budget begins empty, so this one request fits beside it.
 *
 * Any answer at all is somebody to work with; what else is wrong with it, the gateway sees to. It is handed back where it
 * was not the account, for whoever does not go on without.
 */
export async function checkFragment(fragment: FragmentClient, address: string): Promise<FragmentError | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fragment.accountsMe();
      return undefined;
    } catch (error) {
      if (error instanceof FragmentAuthError) {
        throw new CliError(`FRAGMENT_API_TOKEN: ${error.message}; ${address} does not take this token`, 2);
      }
      const answered = !(error instanceof FragmentUnavailableError) || error.status !== undefined;
      if (answered) return error as FragmentError;
      if (attempt === ATTEMPTS) throw new CliError(`FRAGMENT_API_URL: nobody answers at ${address} (${error.message})`);
      await sleep(BETWEEN_MS);
    }
  }
}
