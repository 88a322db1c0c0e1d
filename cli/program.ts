import { createRequire } from 'node:module';
import { Command } from 'commander';
import { registerClaim } from './claim.js';
import { registerCodec } from './codec.js';
import { registerCompletion } from './completion.js';
import { registerDemo } from './demo.js';
import { registerDev } from './dev.js';
import { registerDoctor } from './doctor.js';
import { addExamples } from './examples.js';
import { registerFeed } from './feed.js';
import { registerGateway } from './gateway.js';
import { registerOnboarding } from './onboarding.js';
import { registerProbe } from './probe.js';
import { registerReconcile } from './reconcile.js';
import { registerSandbox } from './sandbox.js';
import { registerSetup } from './setup.js';
import { registerWebhook } from './webhook.js';
import { registerWorker } from './worker.js';

// By its own name, since this file runs from cli/ and from dist/cli/ alike.
const { version } = createRequire(import.meta.url)('fragment-flows/package.json') as { version: string };

/** All of `flows`, to be run by `parseAsync`, or only looked at. */
export function flowsProgram(): Command {
  const program = new Command('flows')
    .version(version)
    .description('Durable processes on Temporal whose human steps are Fragment tasks.')
    .showHelpAfterError('(flows help COMMAND tells more)')
    // Before any command is registered: they inherit it, and a usage error exits 2 through reportFailure.
    .exitOverride();

  for (const register of [
    registerDemo,
    registerDev,
    registerWorker,
    registerGateway,
    registerClaim,
    registerOnboarding,
    registerReconcile,
    registerFeed,
    registerWebhook,
    registerSetup,
    registerDoctor,
    registerProbe,
    registerSandbox,
    registerCodec,
    registerCompletion,
  ]) {
    register(program);
  }
  addExamples(program);
  return program;
}
