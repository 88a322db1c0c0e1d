import type { Command } from 'commander';
import { print, printJson } from './output.js';
import { SEARCH_ATTRIBUTES, registerSearchAttributes } from '../worker/search-attributes.js';
import { withTemporal } from './session.js';

export function registerSetup(program: Command): void {
  program
    .command('setup')
    .description("register the processes' search attributes with Temporal; doing it twice is harmless")
    .option('--json', 'print one JSON object and nothing else')
    .action(async ({ json }: { json?: boolean }) => {
      const registered = await withTemporal((client) => registerSearchAttributes(client));
      const names = SEARCH_ATTRIBUTES.map(({ name }) => name);
      if (json) printJson({ registered, searchAttributes: names });
      else print(registered.length > 0 ? `registered: ${registered.join(', ')}` : `all there: ${names.join(', ')}`);
    });
}
