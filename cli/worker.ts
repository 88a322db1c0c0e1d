import { Option, type Command } from 'commander';
import { ROLES, holdsGateway, type Role } from '../worker/role.js';
import { chosenAccounts, collectAccount, type AccountOption } from './accounts.js';
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
      // Half a second that no other command has to wait for.
      const { runWorker } = await import('../worker/main.js');
      await runWorker(config, role, { accounts: chosenAccounts(config, account) });
    });
}
