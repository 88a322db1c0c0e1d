import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { digestOf } from './digest.js';
import { inTime } from './in-time.js';

export interface Start {
  type: string;
  workflowId: string;
  /** The process's one argument. */
  input: unknown;
  /** The part of the input that makes it this process; a second start with the same content is the same process. */
  content: unknown;
  /** `account` is the Fragment account: the same content for another one is another process. */
  memo?: Record<string, unknown>;
  searchAttributes?: SearchAttributePair[];
  /** One line for the Web UI's list. */
  summary: string;
  details: string;
}

/** Temporal refuses a longer summary. */
const SUMMARY_BYTES = 200;

/**
 * Starts a process unless its id was ever used: `same` and `different` tell a repeated start from a clash of ids, by the
 * digest and the account that the first start left in the memo. Each of the two calls has 15 s; a start that was not answered
 * in time may have come about, and repeating it does no harm: it is the same then.
 */
export async function startOnce(client: Client, start: Start): Promise<'started' | 'same' | 'different'> {
  const digest = digestOf(start.content);
  try {
    await inTime(client, () =>
      client.workflow.start(start.type, {
        workflowId: start.workflowId,
        taskQueue: PROCESSES_QUEUE,
        args: [start.input],
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        memo: { ...start.memo, digest },
        typedSearchAttributes: start.searchAttributes,
        staticSummary: clip(literal(start.summary)),
        staticDetails: literal(start.details),
      }),
    );
    return 'started';
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { memo } = await inTime(client, () => client.workflow.getHandle(start.workflowId).describe());
    return memo?.digest === digest && memo.account === start.memo?.account ? 'same' : 'different';
  }
}

/** The Web UI reads both as Markdown: what came from outside makes no link, picture or element there. */
function literal(text: string): string {
  return text.replaceAll(/[[\]<`!]/g, String.raw`\$&`);
}

function clip(summary: string): string {
  const bytes = Buffer.from(summary);
  if (bytes.length <= SUMMARY_BYTES) return summary;
  // Three bytes for the ellipsis; a character cut in half at the end decodes to U+FFFD, which goes too.
  return `${bytes
    .subarray(0, SUMMARY_BYTES - 3)
    .toString()
    .replace(/\uFFFD+$/, '')}…`;
}
