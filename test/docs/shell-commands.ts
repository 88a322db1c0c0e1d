/**
 * The commands that README.md and docs/ show: those in blocks of `sh`, to be copied; those named in a line of prose; and our own
 * in an indented block, which shows what needs another machine than a test's.
 */
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

export interface ShellCommand {
  /** `docs/operate.md:12`. */
  place: string;
  page: string;
  /** As it is typed, without the comment behind it. */
  text: string;
  /** Stands in a block of its own, as it is to be typed. */
  copied: boolean;
  /** The variables that are set for it alone. */
  assigned: Record<string, string>;
  /** What is run, for those two whose options can be looked up, and the words that bash hands to it. */
  program?: 'flows' | 'temporal';
  args: string[];
}

type Shown = Pick<ShellCommand, 'place' | 'page' | 'text' | 'copied'>;

const BLOCK = /^```(?<language>\w*)\n(?<body>[\s\S]*?)^```$/gm;
const SHELLS = new Set(['sh', 'bash', 'shell', 'console']);
/** What a line of prose calls by these names is a command. */
const NAMED = /(?<!`)`((?:[A-Z_]+=\S+ )*(?:flows|npm|npx|node|curl|docker-compose|temporal|pip) [^`]+)`/g;
const INDENTED = /^ {4,}((?:[A-Z_]+=\S+ )*(?:flows|node dist\/cli\/main\.js|temporal|npm run) .+)$/gm;
const ASSIGNED = /^(?:[A-Z_]+=\S+ )*/;
const OUR_NAMES = /^(?:npm run -s flows --|npx flows|node dist\/cli\/main\.js)(?= )/;
/** It says what it was called with, and nothing runs, whatever it is piped to. */
const STAND_IN = `exec 3>&1 >/dev/null 2>&1
flows() { printf '%s\\0' "$@" >&3; }
temporal() { flows "$@"; }
`;

export async function pages(): Promise<string[]> {
  const docs = (await readdir(`${root}docs`)).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)];
}

export async function shellCommands(page: string): Promise<ShellCommand[]> {
  return Promise.all(shown(page, await readFile(`${root}${page}`, 'utf8')).map(read));
}

function shown(page: string, text: string): Shown[] {
  const commands: Shown[] = [];
  const add = (line: number, typed: string, copied: boolean) =>
    commands.push({ place: `${page}:${line}`, page, text: typed.replace(/\s+# .*$/, ''), copied });
  const whole = onOneLine(text);
  const lineOf = (index: number) => whole.slice(0, index).split('\n').length;
  const prose = whole.replaceAll(BLOCK, (block: string, language: string, body: string, at: number) => {
    if (SHELLS.has(language)) {
      for (const [index, line] of body.split('\n').entries()) {
        const typed = line.replace(/^\$ /, '');
        if (typed && !typed.startsWith('#')) add(lineOf(at) + 1 + index, typed, true);
      }
    }
    return block.replaceAll(/[^\n]/g, ' ');
  });
  for (const { 1: named = '', index } of prose.matchAll(NAMED)) add(lineOf(index), named, false);
  for (const { 1: typed = '', index } of prose.matchAll(INDENTED)) add(lineOf(index), typed, false);
  return commands;
}

/** What goes on in the next line stands in one; those behind it keep their numbers. */
function onOneLine(text: string): string {
  return text.replaceAll(/(?:.*\\\n)+.*/g, (lines) => {
    const joined = lines.replaceAll(/\\\n */g, '');
    return joined + '\n'.repeat(lines.split('\n').length - 1);
  });
}

/** What is optional is there. */
async function read(command: Shown): Promise<ShellCommand> {
  const [before] = ASSIGNED.exec(command.text) ?? [''];
  const assigned = Object.fromEntries([...before.matchAll(/(\w+)=(\S+) /g)].map(([, name, value]) => [name, value]));
  const typed = command.text.slice(before.length).replace(OUR_NAMES, 'flows');
  const [, program] = /^(flows|temporal) /.exec(typed) ?? [];
  if (!program) return { ...command, assigned, args: [] };
  const called = typed.replaceAll(/\[(--[^\]]+)\]/g, '$1').replace(/ > \S+$/, '');
  const { stdout } = await run('bash', ['--norc', '-c', `${STAND_IN}${called}\ntrue`]);
  return { ...command, assigned, program: program as 'flows' | 'temporal', args: stdout.split('\0').slice(0, -1) };
}
