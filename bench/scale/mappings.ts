import { readFile } from 'node:fs/promises';

/** Seen: 86,942 at 100,000 claims; the rest is room to work in. */
const MAPPINGS_A_CLAIM = 1;

/**
 * The dev server's database in memory takes nearly a mapping for each open claim. At Linux's limit for a process, 65,530 where
 * nobody has raised it, the server can give no memory back any more, and takes all there is: so it did at 76,000 claims.
 * @throws where the limit is too low for so many claims. Where the system states none, nothing is checked.
 */
export async function mustHoldMappings(claims: number, limitIn = '/proc/sys/vm/max_map_count'): Promise<void> {
  const limit = Number(await readFile(limitIn, 'utf8').catch(() => Infinity));
  const needed = claims * MAPPINGS_A_CLAIM;
  if (needed <= limit) return;
  throw new Error(
    `${claims} open claims take some ${needed} memory mappings of the Temporal dev server, and vm.max_map_count is ` +
      `${limit}: raise it, as root, with sysctl -w vm.max_map_count=${2 ** Math.ceil(Math.log2(2 * needed))}`,
  );
}
