import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { aborted, interruptible } from './interruption.js';
import { note, print } from './output.js';
import { environmentLines } from './sandbox.js';
import { onStage } from './stage.js';

/** State outlives a restart, so that one can look at yesterday's claims. */
const PLACE = '.cache/dev';
const SANDBOX_PORT = 8080;

export function registerDev(program: Command): void {
  program
    .command('dev')
    .description('keep Temporal with its Web UI, the sandbox with its inbox, and a worker up until Ctrl-C')
    .option('--team', 'let a simulated team do the tasks, too')
    .action(({ team = false }: { team?: boolean }) => interruptible((interrupted) => dev(team, interrupted)));
}

async function dev(team: boolean, interrupted: AbortSignal): Promise<void> {
  const again = existsSync(PLACE);
  await mkdir(PLACE, { recursive: true });
  const keep = { temporalDb: `${PLACE}/temporal.db`, journal: `${PLACE}/sandbox.ndjson`, sandboxPort: SANDBOX_PORT };
  await onStage({ ...keep, team }, async (stage) => {
    note(again ? `going on with what ${PLACE} holds; delete it to begin anew` : `state is kept in ${PLACE}`);
    print(stage.uiUrl ? `Temporal Web UI: ${stage.uiUrl}` : `Temporal: ${stage.address}`);
    print(stage.sandbox ? `inbox: ${stage.sandbox.url}` : `Fragment: ${stage.config.FRAGMENT_API_URL}`);
    print('\nfor another terminal:');
    print(`export TEMPORAL_ADDRESS=${stage.address}`);
    if (stage.sandbox) print(environmentLines(stage.sandbox, stage.config.FRAGMENT_API_TOKEN).join('\n'));
    await Promise.race([aborted(interrupted), stage.failed]);
  });
}
