import { Argument, type Command } from 'commander';
import { print } from './output.js';

const SHELLS = { bash, zsh, fish };

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'for which').choices(Object.keys(SHELLS)))
    .description('print what makes the shell complete commands and options')
    .action((shell: keyof typeof SHELLS) => print(SHELLS[shell](nodesOf(program))));
}

interface Node {
  /** `flows claim start` */
  path: string;
  /** What may follow: commands, then options. */
  words: string[];
  /** The values of an option that has choices. */
  values: Map<string, readonly string[]>;
}

/** Every command of the tree. */
function nodesOf(command: Command, before = ''): Node[] {
  const path = `${before}${command.name()}`;
  const subcommands = command.commands;
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const flags = command.options.flatMap(({ long }) => long ?? []);
  const values = new Map(
    command.options.flatMap(({ long, argChoices }) => (long && argChoices ? [[long, argChoices] as const] : [])),
  );
  const own = { path, words: [...subcommands.map((each) => each.name()), ...choices, ...flags, '--help'], values };
  return [own, ...subcommands.flatMap((each) => nodesOf(each, `${path} `))];
}

/** File names are completed where nothing of ours fits. */
function bash(nodes: Node[]): string {
  const name = nodes[0]?.path ?? '';
  const paths = nodes.slice(1).map(({ path }) => `"${path}"`);
  const values = nodes.flatMap(({ path, values: all }) =>
    [...all].map(([flag, choices]) => `    "${path} ${flag}") words="${choices.join(' ')}" ;;`),
  );
  const words = nodes.map((node) => `      "${node.path}") words="${node.words.join(' ')}" ;;`);
  return [
    `# eval "$(${name} completion bash)"`,
    `_${name}() {`,
    `  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="${name}" words="" i`,
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    case "$at ${COMP_WORDS[i]}" in',
    `      ${paths.join('|')}) at="$at \${COMP_WORDS[i]}" ;;`,
    '    esac',
    '  done',
    '  case "$at $prev" in',
    ...values,
    '    *) case "$at" in',
    ...words,
    '    esac ;;',
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    `complete -o default -F _${name} ${name}`,
  ].join('\n');
}

/** By its own layer for bash's completions. */
function zsh(nodes: Node[]): string {
  const [, ...script] = bash(nodes).split('\n');
  const name = nodes[0]?.path ?? '';
  return [`# eval "$(${name} completion zsh)"`, 'autoload -U +X bashcompinit && bashcompinit', ...script].join('\n');
}

function fish(nodes: Node[]): string {
  const name = nodes[0]?.path ?? '';
  const lines = nodes.flatMap(({ path, words, values }) => {
    const seen = path
      .split(' ')
      .slice(1)
      .map((word) => `__fish_seen_subcommand_from ${word}`);
    const commands = words.filter((word) => !word.startsWith('--')).join(' ');
    const open =
      seen.length === 0 ? ['__fish_use_subcommand'] : [...seen, `not __fish_seen_subcommand_from ${commands}`];
    const flags = words.filter((word) => word.startsWith('--'));
    return [
      ...(commands ? [`complete -c ${name} -f -n "${open.join('; and ')}" -a "${commands}"`] : []),
      ...flags.map((flag) => {
        const choices = values.get(flag);
        const when = seen.length > 0 ? ` -n "${seen.join('; and ')}"` : '';
        return `complete -c ${name}${when} -l ${flag.slice(2)}${choices ? ` -x -a "${choices.join(' ')}"` : ''}`;
      }),
    ];
  });
  return [`# ${name} completion fish | source`, ...lines].join('\n');
}
