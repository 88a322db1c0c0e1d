import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * Names one start of this process, to Temporal and to people. Process id and host alone are those of its predecessor too
 * where a container is started anew in its place, and for minutes Temporal would seem to hear who is gone.
 */
export const newIdentity = (): string => `${process.pid}@${hostname()}#${randomBytes(4).toString('hex')}`;
