/** The commands that README.md and docs/ show: those in blocks of `sh`, to be copied, and those named in a line of prose. */
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
  /** Stands in a block of its own. */
  copied: boolean;
}

const BLOCK = /^```(?<language>\w*)\n(?<body>[\s\S]*?)^```$/gm;
const SHELLS = new Set(['sh', 'bash', 'shell', 'console']);
/** What a line of prose calls by these names is a command. */
const NAMED = /(?<!`)`((?:[A-Z_]+=\S+ )*(?:flows|npm|npx|node|curl|docker-compose|temporal|pip) [^`]+)`/g;

export async function pages(): Promise<string[]> {
  const docs = (await readdir(`${root}docs`)).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)];
}

export async function shellCommands(page: string): Promise<ShellCommand[]> {
  const text = await readFile(`${root}${page}`, 'utf8');
  const lineOf = (index: number) => text.slice(0, index).split('\n').length;
  const commands: ShellCommand[] = [];
  const prose = text.replaceAll(BLOCK, (block: string, language: string, body: string, at: number) => {
    if (SHELLS.has(language)) {
      for (const [index, line] of body
        .replaceAll(/\\\n */g, '')
        .split('\n')
        .entries()) {
        const typed = line.replace(/^\$ /, '').replace(/\s+# .*$/, '');
        const place = `${page}:${lineOf(at) + 1 + index}`;
        if (typed && !typed.startsWith('#')) commands.push({ place, page, text: typed, copied: true });
      }
    }
    return block.replaceAll(/[^\n]/g, ' ');
  });
  for (const { 1: named = '', index } of prose.matchAll(NAMED)) {
    commands.push({ place: `${page}:${lineOf(index)}`, page, text: named, copied: false });
  }
  return commands;
}

/** What bash hands to `flows`; undefined where the command is another one. What is optional is there. */
export async function flowsArguments({ text }: ShellCommand): Promise<string[] | undefined> {
  const typed = text.replace(/^npm run -s flows --|^npx flows/, 'flows').replaceAll(/\[(--[^\]]+)\]/g, '$1');
  if (!/^(?:[A-Z_]+=\S+ )*flows /.test(typed)) return undefined;
  const { stdout } = await run('bash', ['--norc', '-c', `flows() { printf '%s\\0' "$@"; }; ${typed}`]);
  return stdout.split('\0').slice(0, -1);
}
