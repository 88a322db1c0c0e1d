import { addWorkingTime, type Calendar } from '../../workflows/tasks/calendar.js';
import type { VirtualTime } from './virtual-time.js';

interface Piece {
  since: number;
  workMs: number;
  finish: () => void;
}

/** What has been taken is cleared away when there is so much of it. */
const LONG = 10_000;

/** People who take what has waited longest, work in their hours alone, and go on in the morning with what they left at night. */
export class People {
  /** How long each task waited for somebody to begin with it, in ms. */
  readonly waits: number[] = [];
  private readonly queue: Piece[] = [];
  private first = 0;
  private free: number;

  constructor(
    private readonly time: VirtualTime,
    people: number,
    private readonly calendar: Calendar,
  ) {
    this.free = people;
  }

  /** Tasks that nobody has begun. */
  get backlog(): number {
    return this.queue.length - this.first;
  }

  offer(workMs: number, finish: () => void): void {
    this.queue.push({ since: this.time.now(), workMs, finish });
    this.take();
  }

  private take(): void {
    const piece = this.free > 0 ? this.queue[this.first] : undefined;
    if (!piece) return;
    this.free -= 1;
    this.first += 1;
    if (this.first === LONG) this.queue.splice(0, this.first);
    this.first %= LONG;
    const { since, workMs, finish } = piece;
    const date = this.time.date();
    const begins = addWorkingTime(this.calendar, date, 1) - 1;
    const ends = addWorkingTime(this.calendar, date, workMs);
    this.waits.push(this.time.now() - since + begins - date);
    this.time.at(this.time.now() + ends - date, () => {
      this.free += 1;
      finish();
      this.take();
    });
  }
}
