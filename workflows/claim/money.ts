/** Money as text. The workflow uses it, so it is a table and string work: Intl's answers change with the Node version. */
import type { Money } from './contract.js';

const NO_DECIMALS = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ');
const THREE_DECIMALS = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');

/** ISO 4217's number of decimals: how many digits of an amount in minor units stand behind the point. */
export function decimalsOf(currency: string): number {
  if (NO_DECIMALS.includes(currency)) return 0;
  return THREE_DECIMALS.includes(currency) ? 3 : 2;
}

/** `910.54 USD` for 91054 minor units. */
export function formatMoney({ amount, currency }: Money): string {
  const decimals = decimalsOf(currency);
  if (decimals === 0) return `${amount} ${currency}`;
  const sign = amount < 0 ? '-' : '';
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0');
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)} ${currency}`;
}
