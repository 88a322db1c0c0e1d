import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KeptAnswer, Payment, Reservation } from './ledger.js';
import type { StoredTask } from './task-shape.js';
import type { Comment, TaskEvent } from './tasks.js';

/** One thing that happened, whole: replaying them in order gives the state back. */
export type JournalEntry =
  | { kind: 'task'; task: StoredTask; event: TaskEvent }
  | { kind: 'comment'; task: string; comment: Comment; event: TaskEvent }
  | { kind: 'deleted'; task: string; event: TaskEvent }
  | { kind: 'reservation'; value: Reservation }
  | { kind: 'payment'; value: Payment }
  | { kind: 'answer'; key: string; value: KeptAnswer };

export interface Journal {
  /** What an earlier run wrote, oldest first. */
  readonly past: readonly JournalEntry[];
  /** Together: a process that is killed has written all of them or none. */
  append(...entries: JournalEntry[]): void;
  close(): void;
}

/** Append-only NDJSON. Without a path nothing is kept. Written synchronously: what was answered is on file. */
export function openJournal(path?: string): Journal {
  if (!path) return { past: [], append() {}, close() {} };
  mkdirSync(dirname(path), { recursive: true });
  const past = existsSync(path) ? read(path) : [];
  let file: number | undefined = openSync(path, 'a');
  return {
    past,
    append(...entries) {
      const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
      if (file !== undefined) writeSync(file, lines.join(''));
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function read(path: string): JournalEntry[] {
  const text = readFileSync(path, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  // A process killed while writing leaves half a line: it was never answered for, so it is cut off.
  if (end < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)));
  const entries: JournalEntry[] = [];
  for (const [index, line] of text.slice(0, end).split('\n').entries()) {
    if (line === '') continue;
    try {
      const entry: JournalEntry = JSON.parse(line);
      entries.push(entry);
    } catch (cause) {
      throw new Error(`${path}, line ${index + 1}: not JSON; mend or remove the line, or delete the journal`, {
        cause,
      });
    }
  }
  return entries;
}
