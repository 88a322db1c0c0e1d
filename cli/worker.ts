import { Option, type Command } from 'commander';
import { runWorker } from '../worker/main.js';
import { ROLES, holdsGateway, type Role } from '../worker/roles.js';
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
    .action(async ({ role }: { role: Role }) => {
      await runWorker(settings(process.env, holdsGateway(role) ? ['FRAGMENT_API_TOKEN'] : []), role);
    });
}
