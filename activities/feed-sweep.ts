import type { Request } from '../fragment/bulk-read.js';
import type { FragmentClient } from '../fragment/client.js';
import { TaskList } from './feed-pages.js';

/** Tasks of the account that are open in one status. With more, single reads are the lesser evil. */
const MAX_PAGES = 100;

/** The third way: which tasks are open, by GET /tasks?status=; an awaited one that is not among them deserves a look. */
export class OpenTaskSweep {
  private readonly list: TaskList;

  constructor(client: Pick<FragmentClient, 'listTasks'>, request: Request) {
    this.list = new TaskList(client, request, { limit: 100 });
  }

  async open(signal?: AbortSignal): Promise<{ open: Set<string> } | { refused: string }> {
    const open = new Set<string>();
    for (const status of ['TODO', 'STARTED']) {
      const listed = await this.list.read({
        filter: { status },
        objection: (page) =>
          page.some((task) => task.status !== status) ? 'Fragment ignores the status filter of its list' : undefined,
        maxPages: MAX_PAGES,
        signal,
      });
      if ('refused' in listed) return listed;
      if (!listed.complete) return { refused: `more than ${MAX_PAGES} pages of tasks are ${status}` };
      for (const { uid, archived } of listed.tasks) if (!archived) open.add(uid);
    }
    return { open };
  }
}
