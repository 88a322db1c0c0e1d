import { row, second } from '../markdown.js';
import type { FeedStatus } from './contract.js';

/** How completions are learnt, best first; `flows feed status` calls them by their short names. */
const WAYS: Record<FeedStatus['way'], string> = {
  list: 'Reads the list of what changed',
  bulk: '⚠ Reads the awaited tasks in bulk',
  sweep: '⚠ Looks through the open tasks',
  single: '⚠ Reads the awaited tasks one by one',
};

/** The current details of the Temporal Web UI, as Markdown. A time that stands still means that Fragment does not answer. */
export function feedDetails(status: FeedStatus, lastRound: number, account?: string): string {
  const { way, why, retryAt, awaited, delivered, unknownHints, rounds } = status;
  const figures = [
    ['tasks awaited, as counted', awaited ?? 'not counted yet'],
    ['told to processes', delivered],
    ['rounds', rounds],
    ['requests last round', `${status.requestsLastRound}, of ${status.requestsPerMinute} a minute`],
    ['hints of unknown tasks', unknownHints],
  ];
  return [
    `## ${WAYS[way]} (${way})`,
    ...(why ? [`**Why no better way:** ${why}${retryAt ? `; tried again ${second(retryAt)}` : ''}`] : []),
    `Last round **${second(new Date(lastRound).toISOString())}** (UTC) · the next ${seconds(status.intervalMs)} later\n` +
      `A completion is told to its process within ${seconds(status.expectedDelayMs)}, while Fragment answers`,
    ['| | |', '|---|---|', ...figures.map(([what, figure]) => row([what, `**${figure}**`]))].join('\n'),
    `Fragment account: ${account ?? 'the default one'}`,
  ].join('\n\n');
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
