import type { AxiosInstance } from 'axios';
import { FragmentUnavailableError, errorFor } from '../errors.js';
import type { Gateway } from '../gateway.js';
import { openHttp, type HttpOptions } from '../http.js';

export interface Answer {
  status: number;
  /** Parsed where it is JSON, else the text. */
  data: unknown;
  headers: Record<string, unknown>;
}

export interface Question {
  body?: unknown;
  params?: Record<string, unknown>;
  userAgent?: string;
}

const ATTEMPTS = 3;

/**
 * Requests as they are, and answers as they come: FragmentClient sends only what is documented and turns refusals into
 * errors, and here the refusal is what is asked for. Each request waits its turn at the gateway.
 *
 * @throws FragmentUnavailableError when Fragment did not answer usably (429, 5xx, network) three times; FragmentAuthError
 * when it does not take the token (401).
 */
export class Wire {
  private readonly http: AxiosInstance;
  private sent = 0;
  private readonly passedAt: number[] = [];

  constructor(
    private readonly gateway: Pick<Gateway, 'request'>,
    options: HttpOptions,
  ) {
    this.http = openHttp(options);
  }

  get requests(): number {
    return this.sent;
  }

  /** Requests of the last minute that the limit let through: neither beyond it, nor turned away at the door, nor failed. */
  get passedInLastMinute(): number {
    const then = performance.now() - 60_000;
    return this.passedAt.filter((at) => at > then).length;
  }

  async ask(method: string, path: string, question: Question = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.gateway.request(() => this.usable(method, path, question));
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof FragmentUnavailableError)) throw error;
      }
    }
  }

  /** Past the gateway and its limit: for whoever wants to know what happens beyond it. */
  async askAtOnce(method: string, path: string, { body, params, userAgent }: Question = {}): Promise<Answer> {
    this.sent += 1;
    const at = performance.now();
    const headers = userAgent ? { 'User-Agent': userAgent } : {};
    try {
      const {
        status,
        data,
        headers: said,
      } = await this.http.request({ method, url: path, data: body, params, headers });
      const turnedAway = status === 403 && userAgent !== undefined;
      if (status !== 429 && status < 500 && !turnedAway) this.passedAt.push(at);
      return { status, data: data as unknown, headers: Object.fromEntries(Object.entries(said)) };
    } catch (error) {
      // The axios error carries the token in its config, so only its code and message go on.
      const { code, message } = error as { code?: string; message: string };
      throw new FragmentUnavailableError(`${method} ${path} got no answer: ${code ?? message}`, `${method} ${path}`);
    }
  }

  private async usable(method: string, path: string, question: Question): Promise<Answer> {
    const answer = await this.askAtOnce(method, path, question);
    // A 401 is about the token: it says nothing of what was asked.
    if (answer.status !== 401 && answer.status !== 429 && answer.status < 500) return answer;
    const retryAfter = answer.headers['retry-after'];
    const after = typeof retryAfter === 'string' ? retryAfter : undefined;
    throw errorFor(`${method} ${path}`, answer.status, answer.data, after);
  }
}
