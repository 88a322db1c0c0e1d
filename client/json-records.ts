import { elementLines } from './element-lines.js';

export interface Place {
  /** From 1. */
  line?: number;
  /** From 0, in an array or a Bundle. */
  index?: number;
}

export interface FileRecord extends Place {
  value: unknown;
}

export interface RecordProblem extends Place {
  message: string;
}

/** The values in a text of JSON (an object, or an array of values) or NDJSON, each with where it stands. */
export function readRecords(text: string): { records: FileRecord[]; problems: RecordProblem[] } {
  const body = text.replace(/^\uFEFF/, '');
  if (body.trim() === '') return { records: [], problems: [{ message: 'is empty: it holds no claim' }] };

  const whole = parseJson(body);
  if ('value' in whole) {
    if (!Array.isArray(whole.value)) return { records: [{ line: firstLine(body), value: whole.value }], problems: [] };
    if (whole.value.length === 0)
      return { records: [], problems: [{ message: 'is an empty array: it holds no claim' }] };
    const lines = elementLines(body);
    return {
      records: whole.value.map((value: unknown, index) => ({ line: lines[index], index, value })),
      problems: [],
    };
  }

  const lines = body.split('\n').flatMap((source, at) => (source.trim() === '' ? [] : [{ line: at + 1, source }]));
  if (!looksLikeLines(lines.map(({ source }) => source))) {
    return { records: [], problems: [{ message: `is neither JSON nor NDJSON: ${whole.problem}` }] };
  }
  const records: FileRecord[] = [];
  const problems: RecordProblem[] = [];
  for (const { line, source } of lines) {
    const parsed = parseJson(source);
    if ('value' in parsed) records.push({ line, value: parsed.value });
    else problems.push({ line, message: `is not JSON: ${parsed.problem}` });
  }
  return { records, problems };
}

/** One broken line should not make NDJSON unreadable; a broken array should not give an error for each of its lines. */
function looksLikeLines(lines: string[]): boolean {
  const [first = ''] = lines;
  if (first.trimStart().startsWith('[') && 'problem' in parseJson(first)) return false;
  return lines.some(isObjectText) || (lines.length > 1 && lines.every((line) => line.trimStart().startsWith('{')));
}

function isObjectText(line: string): boolean {
  return line.trimStart().startsWith('{') && 'value' in parseJson(line);
}

/** Never throws; the problem quotes nothing of the text. */
export function parseJson(source: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(source) };
  } catch (error) {
    // V8 quotes the text around the fault, which may be a patient's name: the position is enough.
    const position = /position \d+( \(line \d+ column \d+\))?/.exec((error as SyntaxError).message)?.[0];
    return {
      problem: position ? `unexpected text at ${position}` : 'it ends too early, or starts with something else',
    };
  }
}

function firstLine(body: string): number {
  return body.slice(0, body.search(/\S/)).split('\n').length;
}
