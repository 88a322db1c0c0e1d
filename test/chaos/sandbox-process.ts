/** The sandbox as a process of its own, to be killed: its tasks and its ledger are in the journal, its people begin again. */
import type { LedgerRulesInput } from '../../sandbox/ledger.js';
import { startSandbox, type Sandbox } from '../../sandbox/server.js';
import { chaoticTeam } from './people.js';

export interface SandboxSettings {
  seed: number;
  token: string;
  journal: string;
  requestsPerMinute: number;
  ledger: LedgerRulesInput;
}

const settings = JSON.parse(process.argv[2]!) as SandboxSettings;
const { seed, token, journal, ledger, requestsPerMinute } = settings;
let sandbox: Sandbox | undefined;
sandbox = await startSandbox({
  token,
  journal,
  ledger,
  behaviour: { rateLimit: requestsPerMinute },
  team: chaoticTeam(seed, () => sandbox!.tasks),
});
process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
