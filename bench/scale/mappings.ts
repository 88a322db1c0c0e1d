import { readFile } from 'node:fs/promises';

/**
 * The dev server's database in memory takes nearly a mapping for each open claim: 86,942 at 100,000. At Linux's limit for a
 * process, 65,530 where nobody has raised it, it can give no memory back any more, and takes all there is: so it did at 76,000.
 * @throws where the limit is too low for so many claims. Where the system states none, nothing is checked.
 */
export async function mustHoldMappings(claims: number, limitIn = '/proc/sys/vm/max_map_count'): Promise<void> {
  const limit = Number(await readFile(limitIn, 'utf8').catch(() => Infinity));
  if (claims <= limit) return;
  throw new Error(
    `${claims} open claims take some ${claims} memory mappings of the Temporal dev server, and vm.max_map_count is ` +
      `${limit}: raise it, as root, with sysctl -w vm.max_map_count=${2 ** Math.ceil(Math.log2(2 * claims))}`,
  );
}
