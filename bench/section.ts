/** `quick`: seconds, to see that the harness works. `full`: the figures of docs/performance.md. */
export type Size = 'quick' | 'full';

/** One measured number, with the bar that it is held to where there is one. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  atMost?: number;
  atLeast?: number;
}

export interface Outcome {
  /** What was measured with: stands beside the figures, since they mean nothing without it. */
  configuration: Record<string, string | number>;
  figures: Figure[];
  /** All that was counted, as it came. */
  raw: Record<string, unknown>;
}

export interface Section {
  name: string;
  run(size: Size): Promise<Outcome>;
}

export function missesBar({ value, atMost = Infinity, atLeast = -Infinity }: Figure): boolean {
  return !(value <= atMost && value >= atLeast);
}

/** To as many digits as the measurement deserves. */
export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
