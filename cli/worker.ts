import { Option, type Command } from 'commander';
import { variableOf } from '../worker/accounts.js';
import type { Config } from '../worker/config.js';
import { fragmentAccount } from '../worker/fragment.js';
import { ROLES, holdsGateway, type Role } from '../worker/role.js';
import { chosenAccounts, collectAccount, type AccountOption } from './accounts.js';
import { CliError } from './output.js';
import { settings } from './settings.js';

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('run a worker until it is told to stop (SIGTERM or Ctrl-C)')
    .addOption(
      new Option('--role <role>', 'processes: workflows; gateway: all that Fragment is asked; all: both')
        .choices(ROLES)
        .default('all'),
    )
    .option('--account <name>', 'a gateway for this Fragment account alone; may be repeated', collectAccount)
    .action(async ({ role, account }: AccountOption & { role: Role }) => {
      const single = holdsGateway(role) && !process.env.FRAGMENT_ACCOUNTS;
      const config = settings(process.env, single ? ['FRAGMENT_API_TOKEN'] : []);
      const accounts = chosenAccounts(config, account);
      if (holdsGateway(role)) mustHaveTokens(config, accounts);
      // Half a second that no other command has to wait for.
      const { runWorker } = await import('../worker/main.js');
      await runWorker(config, role, { accounts });
    });
}

/** Before anything starts, and all of them at once: a worker stops at the first. */
function mustHaveTokens(config: Config, accounts: readonly (string | undefined)[]): void {
  const tokenless = accounts.filter((name) => !fragmentAccount(config, name).token);
  if (tokenless.length === 0) return;
  const variables = tokenless.map((name) => variableOf('FRAGMENT_API_TOKEN', name)).join(', ');
  throw new CliError(`not set, and a gateway needs a token of each account that it sends for: ${variables}`, 2);
}
