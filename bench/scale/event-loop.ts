import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** Of a process, since its start. */
export interface EventLoop {
  activeMs: number;
  idleMs: number;
  /** How late a timer was. */
  lateMs: { p99: number; max: number };
}

const MARK = 'event loop: ';
const TICK_MS = 10;

/** From now on, every second, on standard output. */
export function sayHowBusy(): void {
  const delay = monitorEventLoopDelay({ resolution: TICK_MS });
  delay.enable();
  const late = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e6) - TICK_MS);
  const say = () => {
    const { active, idle } = performance.eventLoopUtilization();
    const now: EventLoop = {
      activeMs: Math.round(active),
      idleMs: Math.round(idle),
      lateMs: { p99: late(delay.percentile(99)), max: late(delay.max) },
    };
    process.stdout.write(`${MARK}${JSON.stringify(now)}\n`);
  };
  setInterval(say, 1_000).unref();
}

/** The last that was said of it. */
export function eventLoopIn(output: string): EventLoop | undefined {
  const last = output.split('\n').findLast((line) => line.startsWith(MARK) && line.endsWith('}'));
  return last === undefined ? undefined : (JSON.parse(last.slice(MARK.length)) as EventLoop);
}
