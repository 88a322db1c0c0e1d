import { randomBytes } from 'node:crypto';
import { Option, type Command } from 'commander';
import { parsePayloadKeys } from '../codec/keys.js';
import { EncryptionCodec } from '../codec/payload-codec.js';
import { createCodecServer } from '../codec/server.js';
import { portNumber } from './arguments.js';
import { aborted, interruptible } from './interruption.js';
import { listen } from './listen.js';
import { note, print, printJson } from './output.js';
import { settings } from './settings.js';

interface ServeOptions {
  port: number;
  host: string;
  origin: string[];
  json?: boolean;
}

export function registerCodec(program: Command): void {
  const codec = program.command('codec').description('keys that encrypt what Temporal keeps, and reading it with them');

  codec
    .command('new-key')
    .description('print a new key for PAYLOAD_KEYS')
    .option('--id <id>', 'what names it in the payloads', new Date().toISOString().slice(0, 10))
    .option('--json', 'print one JSON object and nothing else')
    .action(({ id, json }: { id: string; json?: boolean }) => {
      const entry = `${id}:${randomBytes(32).toString('base64')}`;
      parsePayloadKeys(entry);
      if (json) printJson({ id, entry });
      else print(entry);
    });

  codec
    .command('serve')
    .description('decrypt for the Temporal Web UI and CLI; needs PAYLOAD_KEYS and CODEC_TOKEN')
    .option('--port <port>', 'where it listens; 0 takes any free port', portNumber, 8234)
    .option('--host <address>', 'put TLS before it when others than this machine are to reach it', '127.0.0.1')
    .addOption(
      new Option('--origin <url...>', 'where the Web UI is opened: pages from elsewhere get no answer').default([
        'http://127.0.0.1:8233',
        'http://localhost:8233',
      ]),
    )
    .option('--json', 'print one JSON object, once it listens')
    .action((options: ServeOptions) => interruptible((interrupted) => serveCodec(options, interrupted)));
}

async function serveCodec({ port, host, origin, json }: ServeOptions, interrupted: AbortSignal): Promise<void> {
  const config = settings(process.env, ['PAYLOAD_KEYS', 'CODEC_TOKEN']);
  const codec = new EncryptionCodec(parsePayloadKeys(config.PAYLOAD_KEYS!));
  const { fetch } = createCodecServer({ codec, token: config.CODEC_TOKEN!, origins: origin });
  const server = await listen(fetch, { port, host });
  try {
    if (json) printJson({ url: server.url });
    else print(`codec server: ${server.url}`);
    note('Sign in there: it says how the Web UI uses it. Without TLS, open the Web UI at the same host name.');
    // As variables: what a command is called with, everybody on the machine can read.
    note(`For temporal: export TEMPORAL_CODEC_ENDPOINT=${server.url} TEMPORAL_CODEC_AUTH="Bearer $CODEC_TOKEN"`);
    await aborted(interrupted);
  } finally {
    await server.close();
  }
}
