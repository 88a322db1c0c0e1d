import { DefaultFailureConverter } from '@temporalio/common';

/** Messages and stack traces of failures go through the codec too: a refusal may quote what it refuses. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
