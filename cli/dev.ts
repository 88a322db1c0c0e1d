import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { aborted, interruptible } from './interruption.js';
import { note, print, printJson } from './output.js';
import { environmentOf, exportLines } from './sandbox.js';

/** State outlives a restart, so that one can look at yesterday's claims. */
const PLACE = '.cache/dev';
const SANDBOX_PORT = 8080;

interface DevOptions {
  team?: boolean;
  worker: boolean;
  json?: boolean;
}

export function registerDev(program: Command): void {
  program
    .command('dev')
    .description(
      'keep Temporal with its Web UI, the sandbox with its inbox, and a worker up until Ctrl-C; run from the sources, the worker ' +
        'is restarted when workflows change, and anything else takes a restart of yours',
    )
    .option('--team', 'let a simulated team do the tasks, too')
    .option('--no-worker', 'without a worker: yours runs in another terminal')
    .option('--json', 'print one JSON object, once all of it is up')
    .action((options: DevOptions) => interruptible((interrupted) => dev(options, interrupted)));
}

async function dev({ team = false, worker, json }: DevOptions, interrupted: AbortSignal): Promise<void> {
  const again = existsSync(PLACE);
  await mkdir(PLACE, { recursive: true });
  const keep = { temporalDb: `${PLACE}/temporal.db`, journal: `${PLACE}/sandbox.ndjson`, sandboxPort: SANDBOX_PORT };
  // Workers and the sandbox: half a second that no other command has to wait for.
  const { onStage } = await import('./stage.js');
  await onStage({ ...keep, team, worker, reload: true }, async (stage) => {
    note(again ? `going on with what ${PLACE} holds; delete it to begin anew` : `state is kept in ${PLACE}`);
    const { uiUrl, address, temporalEnv, setAside, sandbox, config } = stage;
    const fragment = sandbox ? environmentOf(sandbox, config.FRAGMENT_API_TOKEN) : {};
    const env = { ...temporalEnv, ...fragment };
    if (json) printJson({ temporalUi: uiUrl, inbox: sandbox?.url, env, unset: setAside });
    else {
      print(uiUrl ? `Temporal Web UI: ${uiUrl}` : `Temporal: ${address}`);
      print(sandbox ? `inbox: ${sandbox.url}` : `Fragment: ${config.FRAGMENT_API_URL}`);
      print('\nfor another terminal:');
      if (setAside.length > 0) print(`unset ${setAside.join(' ')}`);
      print(exportLines(env));
    }
    await Promise.race([aborted(interrupted), stage.failed]);
  });
}
