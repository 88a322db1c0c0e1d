/** `npm run bench`: what the product does a second, in the form of docs/performance.md. */
import { Command, InvalidArgumentError } from 'commander';
import { reportFailure } from '../cli/failure.js';
import { exitWith, note, print, printJson } from '../cli/output.js';
import { claims } from './claims.js';
import { drain } from './drain.js';
import { events } from './events.js';
import { failover } from './failover.js';
import { latency } from './latency.js';
import { describeMachine } from './machine.js';
import { memory } from './memory.js';
import { writePage } from './page.js';
import { inWords, type Report, type SectionReport } from './report.js';
import { missesBar, round, type Section, type Size } from './section.js';
import { soak } from './soak.js';
import { sustained } from './sustained.js';

const SECTIONS: Section[] = [drain, sustained, latency, failover, soak, events, memory, claims];
const NAMES = SECTIONS.map(({ name }) => name).join(', ');

interface Options {
  only?: Section[];
  quick?: boolean;
  json?: boolean;
  write?: string;
}

const program = new Command('bench')
  .description('Measures the product on this machine: a Temporal dev server, the sandbox, loopback alone.')
  .option('--only <sections>', `some of ${NAMES}, separated by commas`, sectionsOf)
  .option('--quick', 'seconds instead of minutes: shows that the harness works, measures nothing')
  .option('--json', 'print one JSON object and nothing else')
  .option('--write <page>', 'put the figures between the markers of this page, such as docs/performance.md')
  .exitOverride()
  .action(bench);

try {
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
}

async function bench({ only = SECTIONS, quick, json, write }: Options): Promise<void> {
  const size: Size = quick ? 'quick' : 'full';
  const machine = await describeMachine();
  const began = performance.now();
  const sections: SectionReport[] = [];
  // One after the other: two at once would measure each other.
  for (const section of only) {
    note(`${section.name} ...`);
    const report = await timed(section, size);
    sections.push(report);
    if (!json) print(inWords(report));
  }
  const report: Report = { size, machine, seconds: secondsSince(began), sections };
  if (json) printJson(report);
  if (write) await writePage(write, report);
  // Seconds prove no bar.
  if (size === 'full' && sections.some(({ figures }) => figures.some(missesBar))) exitWith(1);
}

async function timed(section: Section, size: Size): Promise<SectionReport> {
  const began = performance.now();
  const outcome = await section.run(size);
  const date = new Date().toISOString().slice(0, 10);
  return { name: section.name, date, seconds: secondsSince(began), ...outcome };
}

function secondsSince(began: number): number {
  return round((performance.now() - began) / 1000);
}

function sectionsOf(list: string): Section[] {
  return list.split(',').map((name) => {
    const section = SECTIONS.find((each) => each.name === name.trim());
    if (!section) throw new InvalidArgumentError(`There is no section ${name}. There are ${NAMES}.`);
    return section;
  });
}
