import type { Command } from 'commander';
import { connectLazily, feedRuns, pokeFeed, webhookApp } from '../client/index.js';
import type { Config } from '../worker/config.js';
import { accountName } from './accounts.js';
import { portNumber } from './arguments.js';
import { aborted, interruptible } from './interruption.js';
import { listen } from './listen.js';
import { CliError, note, printJson } from './output.js';
import { settings } from './settings.js';
import { webhookLog } from './webhook-log.js';

interface WebhookCommand {
  account?: string;
  port: number;
  host: string;
  json?: boolean;
}

export function registerWebhook(program: Command): void {
  program
    .command('webhook')
    .description(
      "receive Fragment's webhooks, which make the change feed look at once (POST /webhook/<WEBHOOK_SECRET>)",
    )
    .option('--port <port>', 'where it listens; 0 takes any free port', portNumber, 8082)
    .option('--host <address>', 'TLS is for whatever stands in front of it', '127.0.0.1')
    .option('--account <name>', 'the Fragment account that sends them; without it, the default one', accountName)
    .option('--json', 'print one JSON object, once it listens')
    .action((options: WebhookCommand) =>
      interruptible((interrupted) => serve(options, settings(process.env, ['WEBHOOK_SECRET']), interrupted)),
    );
}

async function serve(
  { account, port, host, json }: WebhookCommand,
  config: Config,
  interrupted: AbortSignal,
): Promise<void> {
  if (config.WEBHOOK_SECRET.length === 0) throw new CliError('WEBHOOK_SECRET names no secret', 2);
  const { openLog } = await import('../worker/telemetry.js');
  const log = openLog(config);
  const temporal = connectLazily();
  const app = webhookApp({
    secrets: config.WEBHOOK_SECRET,
    signature: config.WEBHOOK_HMAC_KEY.length > 0 ? { keys: config.WEBHOOK_HMAC_KEY } : undefined,
    headers: {
      secret: config.WEBHOOK_SECRET_HEADER,
      signature: config.WEBHOOK_SIGNATURE_HEADER,
      timestamp: config.WEBHOOK_TIMESTAMP_HEADER,
    },
    poke: pokeFeed(temporal.client, account),
    ready: feedRuns(temporal.client, account),
    onAnswer: webhookLog(log),
  });
  const server = await listen(app.fetch, { port, host });
  try {
    if (json) printJson({ url: server.url });
    note(`receiving webhooks at ${server.url}/webhook/<WEBHOOK_SECRET>`);
    await aborted(interrupted);
  } finally {
    // What has been received is handed on before the connection goes: nobody is left without an answer.
    await server.close();
    await temporal.close();
  }
}
