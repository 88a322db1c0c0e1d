import { InvalidArgumentError, Option, type Command } from 'commander';
import { Claims, type ClaimState, type CompleteStep, type OperatorVerb, type Reassign } from '../client/index.js';
import { LIFECYCLES } from '../workflows/tasks/contract.js';
import { accountName } from './accounts.js';
import { wholeNumber } from './arguments.js';
import { explainClaims } from './claim-explain.js';
import { startClaims } from './claim-start.js';
import { claimList, claimView } from './claim-view.js';
import { print, printJson } from './output.js';
import { withTemporal } from './session.js';

interface Json {
  json?: boolean;
}

interface Steer extends Json {
  requestId?: string;
}

const JSON_HELP = 'print one JSON object and nothing else';
const REQUEST_HELP = 'sent again with the same id, it is one request';

export function registerClaim(program: Command): void {
  const claim = program.command('claim').description('start, read and steer claims');

  claim
    .command('start')
    .argument('<file>', 'JSON, JSON array or NDJSON of FHIR R4 Claims or our own claims; - reads standard input')
    .description('start the claims of a file; a claim that was started before is left as it is')
    .addOption(
      new Option('--lifecycle <lifecycle>', 'how steps become tasks').choices(LIFECYCLES).default(LIFECYCLES[0]),
    )
    .option(
      '--account <name>',
      'the Fragment account that gets the tasks; default: the one without a name',
      accountName,
    )
    .option('--wait', 'wait until every claim has ended')
    .option('--json', JSON_HELP)
    .action(startClaims);

  claim
    .command('explain')
    .argument('<file>', 'as for start')
    .description('tell which tasks, requests and Temporal actions the claims of a file would take; starts nothing')
    .addOption(
      new Option('--lifecycle <lifecycle>', 'how steps become tasks').choices(LIFECYCLES).default(LIFECYCLES[0]),
    )
    .option('--json', JSON_HELP)
    .action(explainClaims);

  claim
    .command('list')
    .description('list claims, the newest first')
    .option('--limit <count>', 'at most this many', wholeNumber, 100)
    .option('--json', JSON_HELP)
    .action(async ({ limit, json }: Json & { limit: number }) => {
      const claims = await withTemporal((client) => new Claims(client).list({ limit }));
      if (json) printJson({ claims });
      else print(claimList(claims));
    });

  claim
    .command('show')
    .argument('<id>', 'the claim')
    .description('show the steps of a claim and its audit trail')
    .option('--json', JSON_HELP)
    .action((id: string, options: Json) => show(options, (claims) => claims.state(id)));

  claim
    .command('complete')
    .argument('<id>', 'the claim')
    .description('complete the step that the claim waits for')
    .requiredOption('--step <step>', 'data_entry, review, approval or payment')
    .option('--decision <decision>', 'approve, reject or request_info; for review and approval')
    .option('--note <text>', 'goes into the audit trail')
    .option('--reference <text>', 'the reference of the payment')
    .option('--corrections <json>', 'an object of corrected values, from data entry', jsonObject)
    .option('--by <person>', 'who decided: an e-mail address, or an id as the other steps have it')
    .option('--request-id <id>', REQUEST_HELP)
    .option('--json', JSON_HELP)
    .action((id: string, { json, requestId, ...answer }: Steer & CompleteStep) =>
      show({ json }, (claims) => claims.complete(id, answer, { requestId })),
    );

  steering('withdraw', 'end a claim and undo what it has open').action(asked('withdraw'));
  steering('skip', 'go on without a parked step').action(asked('skip'));
  steering('pause', 'begin nothing new and stop the deadlines').action(asked('pause'));
  steering('resume', 'go on after a pause, with the time that was left').action(asked('resume'));

  steering('reassign', 'give the task of the current step to another person')
    .requiredOption('--email <address>', 'who is to do it')
    .action((id: string, { json, requestId, ...reassign }: Steer & Reassign) =>
      show({ json }, (claims) => claims.reassign(id, reassign, { requestId })),
    );

  steering('due', 'move the due date of the current step')
    .requiredOption('--at <instant>', 'such as 2026-03-01T17:00:00Z')
    .action((id: string, { json, requestId, at, ...verb }: Steer & OperatorVerb & { at: string }) =>
      show({ json }, (claims) => claims.changeDue(id, { ...verb, due: at }, { requestId })),
    );

  claim
    .command('retry')
    .argument('<id>', 'the claim')
    .description('try a parked step again')
    .option('--reason <text>', 'goes into the audit trail')
    .option('--by <person>', 'who asks for it')
    .option('--request-id <id>', REQUEST_HELP)
    .option('--json', JSON_HELP)
    .action((id: string, { json, requestId, ...reason }: Steer & Partial<OperatorVerb>) =>
      show({ json }, (claims) => claims.retry(id, reason, { requestId })),
    );

  function steering(name: string, description: string): Command {
    return claim
      .command(name)
      .argument('<id>', 'the claim')
      .description(description)
      .requiredOption('--reason <text>', 'goes into the audit trail')
      .option('--by <person>', 'who asks for it')
      .option('--request-id <id>', REQUEST_HELP)
      .option('--json', JSON_HELP);
  }
}

function asked(verb: 'withdraw' | 'skip' | 'pause' | 'resume') {
  return (id: string, { json, requestId, ...reason }: Steer & OperatorVerb) =>
    show({ json }, (claims) => claims[verb](id, reason, { requestId }));
}

async function show({ json }: Json, ask: (claims: Claims) => Promise<ClaimState>): Promise<void> {
  const state = await withTemporal((client) => ask(new Claims(client, { channel: 'cli' })));
  if (json) printJson(state);
  else print(claimView(state));
}

function jsonObject(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new InvalidArgumentError('It has to be JSON: {"field": "value"}.');
  }
}
