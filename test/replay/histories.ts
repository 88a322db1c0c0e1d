/** Where the recorded histories are, by the version that made them: `<version>/<case>.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const HISTORIES = fileURLToPath(new URL('histories/', import.meta.url));

export interface RecordedHistory {
  /** `<version>/<case>`. */
  name: string;
  text: string;
}

export async function recordedHistories(): Promise<RecordedHistory[]> {
  const files = (await readdir(HISTORIES, { recursive: true })).filter((file) => file.endsWith('.json'));
  return Promise.all(
    files.toSorted().map(async (file) => ({
      name: file.slice(0, -'.json'.length),
      text: await readFile(`${HISTORIES}${file}`, 'utf8'),
    })),
  );
}
