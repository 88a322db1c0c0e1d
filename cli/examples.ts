import type { Command } from 'commander';

/** What the help of each command ends with. test/cli/help.test.ts holds them against the commands' own options. */
export const EXAMPLES: Record<string, readonly string[]> = {
  'flows demo': ['flows demo', 'flows demo --count 20 --lifecycle single-task --json'],
  'flows dev': ['flows dev', 'flows dev --no-worker'],
  'flows worker': ['flows worker', 'flows worker --role gateway'],
  'flows gateway status': ['flows gateway status'],
  'flows claim start': ['flows claim start examples/claims.ndjson --wait', 'flows claim start - --json < claims.json'],
  'flows claim explain': ['flows claim explain examples/claims.ndjson', 'flows claim explain - --json < claims.json'],
  'flows claim list': [
    'flows claim list --limit 20',
    "flows claim list --json | jq '.claims[] | select(.needsAttention)'",
  ],
  'flows claim show': ['flows claim show C-1001'],
  'flows claim complete': [
    'flows claim complete C-1001 --step review --decision approve --by ada@example.com',
    `flows claim complete C-1001 --step data_entry --corrections '{"priority": "urgent"}' --by ada@example.com`,
  ],
  'flows claim withdraw': ['flows claim withdraw C-1001 --reason "sent twice" --by ada@example.com'],
  'flows claim skip': ['flows claim skip C-1001 --reason "paid by hand" --by ada@example.com'],
  'flows claim pause': ['flows claim pause C-1001 --reason audit --by ada@example.com'],
  'flows claim resume': ['flows claim resume C-1001 --reason "audit is over" --by ada@example.com'],
  'flows claim reassign': ['flows claim reassign C-1001 --email ben@example.com --reason "ada is away"'],
  'flows claim due': ['flows claim due C-1001 --at 2026-12-01T16:00:00Z --reason "more time was promised"'],
  'flows claim retry': ['flows claim retry C-1001 --reason "the account is known now"'],
  'flows onboarding start': ['flows onboarding start examples/onboarding.json'],
  'flows reconcile': ['flows reconcile --dry-run', 'flows reconcile --json'],
  'flows feed status': ['flows feed status --json'],
  'flows webhook': ['flows webhook --port 8082'],
  'flows setup': ['flows setup'],
  'flows doctor': ['flows doctor', 'flows doctor --json'],
  'flows sandbox': ['flows sandbox --team'],
  'flows probe': ['flows probe --out profile.json', 'flows probe --json'],
  'flows codec new-key': ['flows codec new-key --id 2026-03'],
  'flows codec serve': ['flows codec serve --origin https://temporal.example.com'],
  'flows completion': ['eval "$(flows completion bash)"', 'flows completion fish | source'],
};

export function addExamples(command: Command, before = ''): void {
  const path = `${before}${command.name()}`;
  const examples = EXAMPLES[path];
  if (examples) command.addHelpText('after', ['', 'Examples:', ...examples.map((line) => `  ${line}`)].join('\n'));
  for (const each of command.commands) addExamples(each, `${path} `);
}
