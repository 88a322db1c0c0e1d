import { oneLine } from './bounded-http.js';

/**
 * What a call to Fragment can fail with. A caller acts in three ways only, so there are three kinds:
 *
 * - `FragmentRejectedError`: Fragment refused what was asked (400, 404, 409, 413, 422), or is not asked what it would refuse
 *   (without `status`). Asking again changes nothing.
 * - `FragmentAuthError`: Fragment refused who asked (401, 403). Every call waits until a person has mended the token.
 * - `FragmentUnavailableError`: no usable answer (429, 5xx, network, time-out, unreadable 200). Whether a write was
 *   applied is unknown, unless `status` is 429.
 */
export abstract class FragmentError extends Error {
  /** The message holds the reason that Fragment gives, which may quote a task's field: never for a log line. */
  constructor(
    message: string,
    readonly request: string,
    readonly status?: number,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class FragmentRejectedError extends FragmentError {}
export class FragmentAuthError extends FragmentError {
  /** What whoever runs this calls the token, where they said so. */
  tokenName?: string;
}
export class FragmentUnavailableError extends FragmentError {
  /** From Retry-After, where Fragment sent one. */
  retryAfterMs?: number;
}

/** A 500: Fragment fell over what was asked. Unlike a 502 or 503 it may do so each time, and over nothing else. */
export function isCrash(error: unknown): error is FragmentUnavailableError {
  return error instanceof FragmentUnavailableError && error.status === 500;
}

/** Makes the error for an answer that is not a success, whatever its body looks like (fact sheet, 1.5). */
export function errorFor(request: string, status: number, body: unknown, retryAfter?: string): FragmentError {
  const reason = oneLine(reasonOf(body)) || 'no reason given';
  // Followed, it would take the token to another host.
  const remedy = status >= 300 && status < 400 ? "; redirects are not followed: set the address to the API's own" : '';
  const message = `Fragment answered ${status} to ${request}: ${reason}${remedy}`;
  if (status === 401 || status === 403) return new FragmentAuthError(message, request, status);
  if (status === 429 || status >= 500 || status < 400 || status === 408) {
    const error = new FragmentUnavailableError(message, request, status);
    error.retryAfterMs = retryAfterMs(retryAfter);
    return error;
  }
  return new FragmentRejectedError(message, request, status);
}

/**
 * The reason in an error body of any shape: `detail` as text or as a list of `{loc, msg}`, `message`, `error`, plain
 * text. HTML and unknown objects give nothing.
 */
export function reasonOf(body: unknown, levels = 3): string {
  if (typeof body === 'string') return /^\s*</.test(body) ? '' : body.trim().slice(0, 300);
  if (typeof body !== 'object' || body === null) return '';
  const { detail, message, error } = body as Record<string, unknown>;
  const reason = detail ?? message ?? error;
  if (Array.isArray(reason)) return reason.map(describeDetail).join('; ').slice(0, 300);
  if (typeof reason === 'object' && reason !== null) return levels > 0 ? reasonOf(reason, levels - 1) : '';
  return typeof reason === 'string' ? reason.slice(0, 300) : '';
}

function describeDetail(item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item);
  const { loc, msg } = item as { loc?: unknown; msg?: unknown };
  const place = Array.isArray(loc) ? `${loc.join('.')}: ` : '';
  return place + (typeof msg === 'string' ? msg : 'refused');
}

/** Retry-After as seconds or as an HTTP date, kept between 1 and 300 s: a wrong header must not stop us for a day. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(300_000, Math.max(1_000, ms)) : undefined;
}
