import { oneLine } from './bounded-http.js';
import { FragmentRejectedError } from './errors.js';
import type { Write } from './pending-write.js';
import { batchItemSchema } from './schema.js';

/** Why Fragment would refuse the write, by its documented shapes; the values themselves are not quoted. */
export function misshapenWrite({ uid, kind, body }: Write): FragmentRejectedError | undefined {
  const { error } = batchItemSchema.safeParse({ ...body, uid });
  if (!error) return undefined;
  const problems = error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  const request = `${kind === 'create' ? 'PUT' : 'PATCH'} /tasks/${uid}`;
  return new FragmentRejectedError(`${request} may not be sent as it is: ${oneLine(problems.join('; '))}`, request);
}
