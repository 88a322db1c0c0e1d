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

/** `mark` stands before it as it is, colours included. */
export function print(text: string, mark = ''): void {
  process.stdout.write(`${mark}${plain(text)}\n`);
}

/** The one object that `--json` promises on standard output. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${plain(text)}\n`);
}

/** What is printed may quote people and servers: nothing in it steers the terminal, or turns the line about. */
export function plain(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu, '');
}

/**
 * Columns as wide as their widest cell; on a terminal, the widest ones are cut until a line fits. Where they would be cut to
 * nothing that can be read, each row is a paragraph with a line for each cell. Cells may hold people's text, so each keeps to
 * its place.
 */
export function table(rows: readonly (readonly (string | undefined)[])[], width = terminalWidth()): string {
  const cells = rows.map((row) => row.map((cell) => plain((cell ?? '').replaceAll(/[\n\r\t]+/g, ' '))));
  const widths = fitting(
    (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))),
    width,
  );
  if (!widths) return stacked(cells, width);
  return cells
    .map((row) =>
      row
        .map((cell, at) => cut(cell, widths[at] ?? 0).padEnd(widths[at] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** Nothing is cut: what is too long goes on below itself. Empty cells are left out. */
function stacked([names = [], ...rows]: string[][], width: number): string {
  const indent = Math.max(...names.map((name) => name.length)) + GAP.length;
  const piece = new RegExp(`.{1,${Math.max(NARROWEST, width - indent)}}`, 'gu');
  const paragraphs = rows.map((row) =>
    row
      .map((cell, at) => (names[at] ?? '').padEnd(indent) + (cell.match(piece) ?? []).join(`\n${' '.repeat(indent)}`))
      .filter((_, at) => row[at])
      .join('\n'),
  );
  return paragraphs.join('\n\n');
}

const GAP = '  ';
/** A column that is cut to less says nothing. */
const NARROWEST = 8;
/** So few columns may have no names above them: they stay columns. */
const UNNAMED = 3;

/** A file or a pipe takes lines of any length, unless COLUMNS says otherwise. */
function terminalWidth(): number {
  return Number(process.env.COLUMNS) || (process.stdout.isTTY ? process.stdout.columns : Infinity);
}

function fitting(widths: number[], width: number): number[] | undefined {
  const fits = [...widths];
  for (;;) {
    const excess = fits.reduce((sum, each) => sum + each, GAP.length * (fits.length - 1)) - width;
    const widest = Math.max(...fits);
    if (excess <= 0) return fits;
    if (widest <= NARROWEST) return widths.length > UNNAMED ? undefined : fits;
    fits[fits.indexOf(widest)] = widest - 1;
  }
}

const cut = (cell: string, width: number): string => (cell.length > width ? `${cell.slice(0, width - 1)}…` : cell);

/** Leaves an earlier, graver code standing. */
export function exitWith(code: 1 | 2): void {
  process.exitCode = Math.max(Number(process.exitCode ?? 0), code);
}
