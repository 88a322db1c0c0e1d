/** What the commands print: results on standard output, everything else on standard error. */

/** A failure in words for the person at the prompt, with the exit code that tells a script what kind it was. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** 1: a claim did not end as it should, or a command failed. 2: wrong usage or input. */
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The one object that `--json` promises on standard output. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Columns as wide as their widest cell; on a terminal, the widest ones are cut until a line fits. Cells may hold people's
 * text, so nothing in them may steer the terminal.
 */
export function table(rows: readonly (readonly (string | undefined)[])[], width = terminalWidth()): string {
  const cells = rows.map((row) => row.map((cell) => (cell ?? '').replaceAll(/\p{Cc}+/gu, ' ')));
  const widths = fitting(
    (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))),
    width,
  );
  return cells
    .map((row) =>
      row
        .map((cell, at) => cut(cell, widths[at] ?? 0).padEnd(widths[at] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

const GAP = '  ';
/** A column that is cut to less says nothing. */
const NARROWEST = 8;

/** A file or a pipe takes lines of any length, unless COLUMNS says otherwise. */
function terminalWidth(): number {
  return Number(process.env.COLUMNS) || (process.stdout.isTTY ? process.stdout.columns : Infinity);
}

function fitting(widths: number[], width: number): number[] {
  const fits = [...widths];
  for (;;) {
    const excess = fits.reduce((sum, each) => sum + each, GAP.length * (fits.length - 1)) - width;
    const widest = Math.max(...fits);
    if (excess <= 0 || widest <= NARROWEST) return fits;
    fits[fits.indexOf(widest)] = widest - 1;
  }
}

const cut = (cell: string, width: number): string => (cell.length > width ? `${cell.slice(0, width - 1)}…` : cell);

/** Leaves an earlier, graver code standing. */
export function exitWith(code: 1 | 2): void {
  process.exitCode = Math.max(Number(process.exitCode ?? 0), code);
}
