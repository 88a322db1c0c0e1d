import { setTimeout as sleep } from 'node:timers/promises';

/** A process as whatever starts it hands it over. */
export interface Launched {
  pid: number;
  /** Rejects when it ends by itself. */
  died?: Promise<never>;
  stop(): Promise<void>;
}

/** How long a supervisor waits before it starts a process that ended by itself. */
const RESTART_MS = 1_000;

/** A process that is killed and started again, and started again too if it ends by itself, as a supervisor would. */
export class Part<L extends Launched = Launched> {
  kills = 0;
  /** Why it ended by itself, each time. */
  readonly deaths: string[] = [];
  protected running?: L;
  private over = false;
  /** One thing at a time: a kill waits until the last restart is through. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly launch: () => Promise<L>,
  ) {}

  start(): Promise<void> {
    return this.inTurn(() => this.up());
  }

  kill(downMs: number): Promise<void> {
    return this.inTurn(async () => {
      if (!this.running || this.over) return;
      const { pid } = this.running;
      this.running = undefined;
      this.kills += 1;
      process.kill(pid, 'SIGKILL');
      await sleep(downMs);
      await this.up();
    });
  }

  /** Resolves when whatever was asked before has been done. */
  settled(): Promise<void> {
    return this.inTurn(async () => undefined);
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.inTurn(async () => this.running?.stop());
  }

  protected async up(): Promise<void> {
    while (!this.over) {
      try {
        const launched = await this.launch();
        this.running = launched;
        launched.died?.catch((error: Error) => this.revive(launched, error));
        return;
      } catch (error) {
        this.deaths.push(String(error));
        await sleep(RESTART_MS);
      }
    }
  }

  private revive(launched: L, error: Error): void {
    // Killed by us, or stopped: not its own doing.
    if (this.running !== launched || this.over) return;
    this.running = undefined;
    this.deaths.push(error.message);
    void this.inTurn(async () => {
      await sleep(RESTART_MS);
      if (!this.running) await this.up();
    });
  }

  protected inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}
