import type { Behaviour } from './behaviour.js';

/** Where something stands in a request. */
export type Place = (string | number)[];

export interface Problem {
  loc: Place;
  msg: string;
  type: string;
}

/** An answer that is not 200. */
export class Refusal extends Error {
  override name = 'Refusal';
  constructor(
    readonly status: number,
    message: string,
    readonly problems: Problem[] = [],
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** Of a whole task: alone it needs no place, and in a batch it says which item it is. */
export const refusedTask = (status: number, at: Place, message: string, type: string): Refusal =>
  new Refusal(status, message, at.length > 1 ? [{ loc: [...at, 'uid'], msg: message, type }] : []);

export const invalid = (loc: Place, msg: string, type = 'value_error'): Refusal =>
  new Refusal(422, `${loc.join('.')}: ${msg}`, [{ loc, msg, type }]);

const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export function errorPage(status: number, message: string): string {
  return `<!doctype html><html><head><title>${status}</title></head><body><h1>${status}</h1><p>${escape(message)}</p></body></html>`;
}

/** The refusal as the HTTP answer of the chosen shape. */
export function errorResponse(refusal: Refusal, shape: Behaviour['errorShape']): Response {
  const { status, message, problems } = refusal;
  const answer = (body: string | null, type?: string): Response =>
    new Response(body, { status, headers: { ...refusal.headers, ...(type ? { 'content-type': type } : {}) } });
  switch (shape) {
    case 'detail':
      return answer(JSON.stringify({ detail: problems.length > 0 ? problems : message }), 'application/json');
    case 'message':
      return answer(JSON.stringify({ message }), 'application/json');
    case 'html':
      return answer(errorPage(status, message), 'text/html; charset=utf-8');
    case 'text':
      return answer(message, 'text/plain; charset=utf-8');
    default:
      return answer(null);
  }
}
