import type { Lane } from './lanes.js';

/** One request that waits for its turn, as opposed to a write, which shares one with others. */
export interface Call {
  lane: Lane;
  since: number;
  /** Whose traces it belongs to. Nobody's, where the gateway itself has to know something. */
  askers: readonly unknown[];
  send: () => Promise<void>;
  reject: (error: unknown) => void;
}

/** Single requests that wait, first come, first served within a lane. */
export class CallQueue {
  private waiting: Call[] = [];

  get all(): readonly Call[] {
    return this.waiting;
  }

  /** An abort takes it back, while it waits. */
  add(call: Call, signal?: AbortSignal): void {
    this.waiting.push(call);
    signal?.addEventListener('abort', () => this.remove(call) && call.reject(signal.reason), { once: true });
  }

  take(lane: Lane): Call | undefined {
    const call = this.waiting.find((each) => each.lane === lane);
    if (call) this.remove(call);
    return call;
  }

  drain(): Call[] {
    const all = this.waiting;
    this.waiting = [];
    return all;
  }

  private remove(call: Call): boolean {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((other) => other !== call);
    return this.waiting.length < before;
  }
}
