import type { Request } from '../../fragment/bulk-read.js';
import type { Gateway } from '../../fragment/gateway.js';
import type { Task } from '../../fragment/schema.js';
import { looksDue } from '../../activities/feed.js';
import { nextRound, saw, type FeedCursor } from '../../activities/feed-cursor.js';
import { CompletedList } from '../../activities/feed-list.js';
import { AwaitedLooks } from '../../activities/feed-looks.js';
import { intervalMs, quietAfter, REQUESTS_A_ROUND } from '../../workflows/account/feed-pace.js';
import type { SimulatedClaims } from './claims.js';
import type { SimulatedFragment } from './fragment.js';
import type { Scenario } from './scenario.js';
import type { VirtualTime } from './virtual-time.js';

export interface FeedParts {
  time: VirtualTime;
  gateway: Gateway;
  fragment: SimulatedFragment;
  claims: SimulatedClaims;
}

/**
 * The change feed's rounds, one after the other: its list, its looks and its pace are the product's own; only Temporal, which
 * carries a round's cursor to the next, is left out, and so is what it does where Fragment refuses a way.
 */
export class SimulatedFeed {
  private readonly list: CompletedList;
  private readonly looks: AwaitedLooks;
  private readonly told = new Set<string>();
  private cursor?: FeedCursor;
  private requests = 0;

  constructor(
    private readonly parts: FeedParts,
    private readonly scenario: Pick<Scenario, 'feed' | 'batch'>,
  ) {
    const request: Request = (send, options) => {
      this.requests += 1;
      return parts.gateway.request(send, options);
    };
    this.list = new CompletedList(parts.fragment, request);
    this.looks = new AwaitedLooks(parts.fragment, request, parts.claims, scenario.batch);
  }

  async run(): Promise<never> {
    const { time, gateway } = this.parts;
    for (let quietRounds = 0; ;) {
      const before = this.requests;
      const began = time.now();
      const delivered = await this.round();
      const { requestsPerMinuteNow: requestsPerMinute } = gateway.stats();
      quietRounds = quietAfter(quietRounds, { delivered, poked: false });
      const interval = intervalMs({ requests: this.requests - before, requestsPerMinute }, quietRounds);
      await time.sleep(began + interval - time.now());
    }
  }

  /** How many completions it told of. */
  private async round(): Promise<number> {
    const { cursor } = nextRound(this.cursor, this.parts.time.date());
    cursor.list = this.scenario.feed === 'list';
    const news = cursor.list ? await this.changed(cursor) : [];
    if (looksDue(cursor, { hints: [] })) news.push(...(await this.lookedAt(cursor)));
    this.cursor = cursor;
    let delivered = 0;
    for (const task of news) {
      const transition = `${task.uid} ${task.updated_at}`;
      if (task.status !== 'DONE' || this.told.has(transition)) continue;
      this.told.add(transition);
      this.parts.claims.tell(task.uid);
      delivered += 1;
    }
    return delivered;
  }

  private async changed(cursor: FeedCursor): Promise<Task[]> {
    const answer = await this.list.since(cursor.since as string, { behind: cursor.behind });
    if ('refused' in answer) throw new Error(`the simulated list was refused: ${answer.refused}`);
    cursor.behind = !answer.complete;
    for (const task of answer.tasks) saw(cursor, task.updated_at, this.parts.time.date());
    return answer.tasks;
  }

  private async lookedAt(cursor: FeedCursor): Promise<Task[]> {
    const audit = cursor.list;
    const requests = audit && cursor.cycled ? 1 : REQUESTS_A_ROUND;
    const seen = await this.looks.look(cursor, {
      hinted: [],
      requests,
      audit,
      retryMs: Infinity,
    });
    return seen.tasks;
  }
}
