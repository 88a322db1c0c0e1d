import type { FragmentClient, TaskFilter } from '../fragment/client.js';
import type { Request } from '../fragment/bulk-read.js';
import { FragmentRejectedError } from '../fragment/errors.js';
import type { Task, TaskPage } from '../fragment/schema.js';

/** `complete`: the list's end was reached. */
export type Listed = { tasks: Task[]; complete: boolean } | { refused: string };

export interface Listing {
  /** Without these the list is of no use. */
  filter: TaskFilter;
  /** What is wrong with a page, where it shows that the filter was not honoured. */
  objection: (page: Task[]) => string | undefined;
  maxPages: number;
  signal?: AbortSignal;
}

/**
 * GET /tasks, page after page. Which parameters it takes is not documented, so what comes back is checked, and a
 * parameter that only makes it cheaper is left out, from then on, where the server refuses the request with it.
 */
export class TaskList {
  private spared: string[];

  /** `sparing`: the parameters that could be left out, in that order. */
  constructor(
    private readonly client: Pick<FragmentClient, 'listTasks'>,
    private readonly request: Request,
    private readonly sparing: Record<string, string | number>,
  ) {
    this.spared = Object.keys(sparing);
  }

  async read(listing: Listing): Promise<Listed> {
    const tasks = new Map<string, Task>();
    let cursor: string | undefined;
    for (let pages = 1; ; pages += 1) {
      const page = await this.page(listing, cursor);
      if ('refused' in page) return page;
      const wrong = listing.objection(page.items);
      if (wrong) return { refused: wrong };
      const known = tasks.size;
      for (const task of page.items) tasks.set(task.uid, task);
      if (!page.nextCursor) return { tasks: [...tasks.values()], complete: true };
      // A page that brings nothing new means that the cursor was not understood.
      if (tasks.size === known) return { refused: 'Fragment does not understand the cursor (FRAGMENT_CURSOR_PARAM)' };
      if (pages === listing.maxPages) return { tasks: [...tasks.values()], complete: false };
      cursor = page.nextCursor;
    }
  }

  private async page({ filter, signal }: Listing, cursor?: string): Promise<TaskPage | { refused: string }> {
    for (;;) {
      const spared = Object.fromEntries(this.spared.map((name) => [name, this.sparing[name]]));
      try {
        return await this.request(() => this.client.listTasks({ ...filter, ...spared }, cursor), { signal });
      } catch (error) {
        if (!(error instanceof FragmentRejectedError)) throw error;
        if (cursor || this.spared.length === 0) {
          this.spared = Object.keys(this.sparing);
          const what = cursor ? 'the cursor (FRAGMENT_CURSOR_PARAM)' : `the filter ${Object.keys(filter).join(', ')}`;
          return { refused: `Fragment refused ${what} of its list with ${error.status}` };
        }
        this.spared = this.spared.slice(1);
      }
    }
  }
}
