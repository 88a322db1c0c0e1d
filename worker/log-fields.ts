import type { ActivityInterceptorsFactory, LogMetadata } from '@temporalio/worker';
import { taskUid } from '../fragment/uid.js';
import { claimIdOf } from '../workflows/claim/contract.js';

/** Lines of an activity say which task it is about, where it is about one. */
export const namesTask: ActivityInterceptorsFactory = () => {
  let uid: string | undefined;
  return {
    inbound: {
      execute(input, next) {
        uid = uidOf(input.args[0]);
        return next(input);
      },
    },
    outbound: {
      getLogAttributes: (attributes, next) => next(uid ? { ...attributes, uid } : attributes),
    },
  };
};

function uidOf(argument: unknown): string | undefined {
  const { uid, key } = (argument ?? {}) as { uid?: unknown; key?: unknown };
  if (typeof uid === 'string') return uid;
  return typeof key === 'string' ? taskUid(key) : undefined;
}

/** Of Temporal's fields those that help, with the claim where the line is about one. */
export function logFields({ error, ...fields }: LogMetadata): LogMetadata {
  const useful = { ...fields };
  delete useful.taskToken;
  // Of a workflow task, from Temporal's core: the whole failure as text, what workflow code threw and its words.
  delete useful.failure;
  // Reconciliation names the process that it mends.
  const claimId = claimIdOf(String(fields.process ?? fields.workflowId ?? ''));
  return {
    ...useful,
    ...(claimId ? { claimId } : {}),
    ...(error === undefined ? {} : { error: withoutMessage(error) }),
  };
}

/** What kind, and where. The message may quote what a person wrote: it is in the history, which is encrypted. */
function withoutMessage(error: unknown): unknown {
  if (!(error instanceof Error)) {
    // A gRPC status, as Temporal's core writes it: the code is one of seventeen words, what follows may be a server's text.
    const [, status] = /^Status \{ code: (\w+)/.exec(String(error)) ?? [];
    return status ?? typeof error;
  }
  const { name, stack = '', type, cause } = error as Error & { type?: string };
  const { code = (cause as { code?: unknown } | undefined)?.code } = error as { code?: unknown };
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return { name, type, code, at: frames.slice(0, 5).map((line) => line.trim()) };
}
