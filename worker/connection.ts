import { NativeConnection } from '@temporalio/worker';
import { refusalCode } from './setup-error.js';

/** As Temporal's core words PERMISSION_DENIED and UNAUTHENTICATED of a connection, whose code it does not hand on. */
const REFUSED = /does not have permission to execute|does not have valid authentication credentials/;
const CREDENTIALS = 'check TEMPORAL_API_KEY or the TLS certificate';
const MOST_WORDS = 300;

/** The connection of a worker, to a server that serves its namespace. */
export async function openConnection(options: { address: string }, namespace: string): Promise<NativeConnection> {
  const connection = await NativeConnection.connect(options).catch((cause: unknown) => {
    const [refused] = REFUSED.exec((cause as Error).message) ?? [];
    if (refused) {
      const remedy = `${CREDENTIALS}, and whether it is meant for namespace ${namespace}`;
      throw new Error(`Temporal at ${options.address} refuses this worker (it ${refused}): ${remedy}`, { cause });
    }
    const remedy =
      'start one with `npm run dev`, or set TEMPORAL_ADDRESS to where it runs, and TEMPORAL_API_KEY or TEMPORAL_TLS_* where it speaks TLS';
    throw new Error(`Temporal cannot be reached at ${options.address}: ${remedy} (${saidBy(cause)})`, { cause });
  });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return connection;
  } catch (cause) {
    await connection.close();
    const refused = refusalCode(cause);
    const problem = refused ? 'does not let this worker into' : 'does not serve';
    const reason = refused ?? (cause as Error).message;
    const remedy = refused ? `${CREDENTIALS}, or set TEMPORAL_NAMESPACE` : 'create it, or set TEMPORAL_NAMESPACE';
    throw new Error(`Temporal at ${options.address} ${problem} namespace ${namespace} (${reason}): ${remedy}`, {
      cause,
    });
  }
}

/** The words of Temporal's core, on one line: it tells the causes one within the other, and may quote a page of a proxy. */
function saidBy(cause: unknown): string {
  const words = (cause as Error).message.replaceAll(/\s+/g, ' ');
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}
