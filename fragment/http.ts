import type { AxiosInstance } from 'axios';
import { boundedHttp } from './bounded-http.js';

export interface HttpOptions {
  /** With the version in it: `https://api.onfragment.com/api/v1`. */
  baseUrl: string;
  token: string;
  /** Fragment may block requests that do not name their application. */
  userAgent: string;
  /** For one request, connection and whole answer included. @default 30_000 */
  timeoutMs?: number;
}

/** Speaks to Fragment as one account. Every answer comes back, whatever its status: the caller judges it. */
export function openHttp(options: HttpOptions, headers: Record<string, string> = {}): AxiosInstance {
  return boundedHttp(options.timeoutMs ?? 30_000, {
    baseURL: options.baseUrl.replace(/\/+$/, ''),
    headers: {
      Authorization: `Bearer ${options.token}`,
      'User-Agent': options.userAgent,
      'Content-Type': 'application/json',
      ...headers,
    },
  });
}
