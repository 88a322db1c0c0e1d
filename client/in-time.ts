import type { Client } from '@temporalio/client';
import { callContext } from './call.js';

/** How long Temporal may take to answer. Without it a call would wait for ever where nobody answers. */
export const ANSWER_SECONDS = 15;

/** One question to Temporal, which is answered in time or fails. A deadline of the caller's (`client.withDeadline`) stands. */
export function inTime<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  if (callContext(client).deadline !== undefined) return ask();
  return client.withDeadline(Date.now() + ANSWER_SECONDS * 1_000, ask);
}

/** What a list of Temporal's holds; each page of it in time, however many there are. */
export async function* eachInTime<T>(client: Client, list: AsyncIterable<T>): AsyncGenerator<T> {
  const items = list[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await inTime(client, () => items.next());
    if (done) return;
    yield value;
  }
}
