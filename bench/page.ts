import { readFile, writeFile } from 'node:fs/promises';
import type { Machine } from './machine.js';
import type { Report, SectionReport } from './report.js';
import { missesBar, type Figure } from './section.js';

/**
 * Puts the figures into a page, each section's between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`; the prose around
 * them is written by hand, and sections that were not run keep the figures they have.
 *
 * @throws where the page has no such place for a section; nothing is written then.
 */
export async function writePage(path: string, { machine, sections }: Report): Promise<void> {
  let page = await readFile(path, 'utf8');
  for (const section of sections) page = replaceBlock(path, page, section.name, block(section, machine));
  await writeFile(path, page);
}

/** @throws where the page has no place for it. */
export function replaceBlock(path: string, page: string, name: string, text: string): string {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start)
    throw new Error(`${path} has no place for the figures of ${name}: add ${open} ${close}`);
  return `${page.slice(0, start + open.length)}\n\n${text}\n\n${page.slice(end)}`;
}

function block({ name, date, seconds, configuration, figures, raw }: SectionReport, machine: Machine): string {
  const { cpu, memory, system, node, temporal, commit } = machine;
  return [
    ...Object.entries(configuration).map(([key, value]) => `- ${key}: ${value}`),
    '',
    '| | measured | bar | |',
    '|---|---:|---:|---|',
    ...figures.map(row),
    '',
    `${date}, ${seconds} s, commit ${commit}; ${cpu}, ${memory}, ${system}, Node ${node}, ${temporal}.`,
    `Again: \`npm run bench -- --only ${name}\`.`,
    '',
    '<details><summary>raw output</summary>',
    '',
    '```json',
    JSON.stringify(raw, undefined, 1),
    '```',
    '',
    '</details>',
  ].join('\n');
}

function row(figure: Figure): string {
  const { what, value, unit, atMost, atLeast } = figure;
  const bar = atMost === undefined ? (atLeast === undefined ? '' : `≥ ${atLeast}`) : `≤ ${atMost}`;
  return `| ${what} | ${value} ${unit} | ${bar} | ${bar && (missesBar(figure) ? 'missed' : 'met')} |`;
}
