/** Prints .env.example, made from the schema: `npx tsx worker/env-example.ts > .env.example`. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configSchema } from './config.js';

const HEADER = `# Made from worker/config.ts by \`npx tsx worker/env-example.ts > .env.example\`; change it there.
# docker-compose reads .env by itself; elsewhere export the variables, or run node with --env-file=.env.
# A line that is commented out shows the default, or a variable that may stay away.

# The Temporal server, as @temporalio/envconfig reads it (TLS, API keys and temporal.toml profiles too).
# TEMPORAL_ADDRESS=localhost:7233
# TEMPORAL_NAMESPACE=default
# TEMPORAL_API_KEY=
`;

export function envExample(): string {
  const entries = Object.entries(configSchema.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined).data;
    const line = name === 'FRAGMENT_API_TOKEN' ? `${name}=` : `# ${name}=${String(fallback ?? '')}`;
    return `# ${schema.description ?? ''}\n${line}\n`;
  });
  return [HEADER, ...entries].join('\n');
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.stdout.write(envExample());
}
