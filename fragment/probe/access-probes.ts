/** What is only asked when it is wanted: a missing name, and more than the limit. */
import axios from 'axios';
import { cannotTell, type Finding, type Probe, type ProbeContext } from './probe.js';

/** Five times the documented limit; what is above that is not found out. */
const MOST_IN_A_MINUTE = 300;
const MINUTE_MS = 60_000;

export const ACCESS_PROBES: Probe[] = [
  {
    name: 'no User-Agent',
    question: "Is a request with an HTTP library's User-Agent answered?",
    requests: 1,
    onlyIf: 'user-agent',
    async run({ wire }) {
      const { status, data } = await wire.ask('GET', '/accounts/me', { userAgent: `axios/${axios.VERSION}` });
      if (status < 300) return { missingUserAgent: { value: 'allow' } };
      const page = typeof data === 'string' && /^\s*</.test(data);
      return {
        missingUserAgent: status === 403 && page ? { value: '403-html' } : cannotTell(`it was answered ${status}`),
      };
    },
  },
  {
    name: 'rate',
    question: 'How many requests go through in a minute, and does the refusal say when to come back?',
    requests: MOST_IN_A_MINUTE,
    onlyIf: 'rate',
    run: rate,
  },
];

/** The last of all: after it, Fragment answers nobody of this account for a minute. */
async function rate({ wire }: ProbeContext): Promise<Record<string, Finding>> {
  // One at a time: where answers are slow, a minute holds fewer requests than the limit, and a second one no more.
  const enough = performance.now() + MINUTE_MS;
  while (wire.passedInLastMinute < MOST_IN_A_MINUTE && performance.now() < enough) {
    const { status, headers } = await wire.askAtOnce('GET', '/accounts/me');
    if (status < 300) continue;
    if (status !== 429) {
      // Whoever blocks or fails is not to be pressed.
      const unknown = cannotTell(`after ${wire.passedInLastMinute} requests in a minute one was answered ${status}`);
      return { rateLimit: unknown, retryAfter: unknown };
    }
    const note = 'bursts that are tolerated are in it; what others sent for the account is not';
    return {
      rateLimit: { value: wire.passedInLastMinute, note },
      retryAfter: { value: headers['retry-after'] !== undefined },
    };
  }
  const passed = wire.passedInLastMinute;
  const unknown = cannotTell(
    passed < MOST_IN_A_MINUTE
      ? `answers are so slow that only ${passed} requests fitted in a minute, and all went through`
      : `${MOST_IN_A_MINUTE} requests in a minute went through`,
  );
  return { rateLimit: unknown, retryAfter: unknown };
}
