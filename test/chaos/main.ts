/**
 * `npm run chaos -- --seed 1 --claims 200 --faults 50`, or `npm run rolling -- --claims 200`: exit 0 only if everything is
 * as it should be.
 */
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    /** Runs so many seeds, from `seed` upwards. */
    seeds: { type: 'string', default: '1' },
    claims: { type: 'string', default: '200' },
    faults: { type: 'string', default: '50' },
    /** Instead of faults: each worker is replaced, as a deployment does. */
    rolling: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
});
const [seed, seeds, claims, faults] = [values.seed, values.seeds, values.claims, values.faults].map((text) => {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`not a whole number: ${text}`);
  return Number(text);
}) as [number, number, number, number];

for (let at = 0; at < seeds; at += 1) {
  const say = values.quiet ? undefined : (line: string) => void process.stderr.write(`${line}\n`);
  const { rolling } = values;
  const report = await runChaos({ seed: seed + at, claims, faults: rolling ? 0 : faults, rolling, say });
  process.stdout.write(`${JSON.stringify(report.figures)}\n`);
  for (const violation of report.violations) process.stdout.write(`VIOLATION ${violation}\n`);
  if (report.violations.length === 0) continue;
  process.stdout.write(
    `seed ${seed + at}: ${report.violations.length} violations; journal and logs in ${report.directory}\n`,
  );
  process.exitCode = 1;
}
