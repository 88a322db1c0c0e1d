import { missesBar, type Figure, type Outcome, type Size } from './section.js';
import type { Machine } from './machine.js';

export interface SectionReport extends Outcome {
  name: string;
  date: string;
  seconds: number;
}

export interface Report {
  size: Size;
  machine: Machine;
  seconds: number;
  sections: SectionReport[];
}

/** A section for the terminal. */
export function inWords({ name, seconds, configuration, figures }: SectionReport): string {
  const settings = Object.entries(configuration).map(([key, value]) => `${key}: ${value}`);
  return [`${name} (${seconds} s; ${settings.join(', ')})`, ...figures.map(line)].join('\n');
}

function line(figure: Figure): string {
  return `  ${figure.what}: ${figure.value} ${figure.unit}${verdict(figure)}`;
}

/** The bar and whether it is met; nothing where there is none. */
export function verdict(figure: Figure): string {
  const { atMost, atLeast } = figure;
  if (atMost === undefined && atLeast === undefined) return '';
  const bar = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return ` (bar ${bar}: ${missesBar(figure) ? 'missed' : 'met'})`;
}
