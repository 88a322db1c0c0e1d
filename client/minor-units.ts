import { decimalsOf } from '../workflows/claim/money.js';

/** A JSON number holds 15 digits faithfully; with more, another amount than the sender's could be paid. */
const EXACT_BELOW = 1e15;

/**
 * 91054 for 910.54 USD. Works on the digits of the decimal, because 910.54 * 100 is not 91054 for every such number.
 * @throws RangeError saying what is wrong, without naming the place.
 */
export function minorUnits(value: number, currency: string): number {
  if (!(value > 0)) throw new RangeError(`must be greater than 0 (got ${value})`);
  const decimals = decimalsOf(currency);
  const [whole = '', fraction = ''] = digitsOf(value).split('.');
  if (fraction.length > decimals) {
    throw new RangeError(`has more decimals than ${currency} has (got ${value}, ${currency} has ${decimals})`);
  }
  const amount = Number(whole + fraction.padEnd(decimals, '0'));
  if (!(amount < EXACT_BELOW)) throw new RangeError(`is too large to be counted exactly (got ${value})`);
  return amount;
}

/** The shortest decimal that reads back as this number is the one that stood in the JSON, as long as that had no more than 15 digits. */
function digitsOf(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  // Below 1e-6 and from 1e21 on: too many decimals for any currency, or too large for any.
  return value < 1 ? value.toFixed(20) : BigInt(value).toString();
}
