import axios, { type AxiosInstance, type CreateAxiosDefaults } from 'axios';

/** A page of a hundred tasks with a form's worth of text in each has a few megabytes. */
const MAX_ANSWER = 32 * 1024 * 1024;

/**
 * Speaks HTTP with a server that may be anybody: an answer is read up to a size, packed or not, and up to a time,
 * connection included, however slowly it comes. Every answer comes back, whatever its status: the caller judges it.
 */
export function boundedHttp(timeoutMs: number, defaults: CreateAxiosDefaults): AxiosInstance {
  const http = axios.create({
    ...defaults,
    validateStatus: () => true,
    // A redirect would carry the token, or the order, to another host.
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER,
  });
  // axios' own timeout begins anew with each byte that arrives.
  http.interceptors.request.use((request) => ({ ...request, signal: AbortSignal.timeout(timeoutMs) }));
  http.interceptors.response.use(undefined, (error: unknown) => {
    throw axios.isCancel(error) ? new Error(`no whole answer in ${timeoutMs / 1_000} s`) : error;
  });
  return http;
}

/** A server's words as one line of bounded length: they go into logs, histories and comments. */
export function oneLine(text: string, most = 300): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, most);
}
