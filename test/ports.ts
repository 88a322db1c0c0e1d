/** Ports for processes that are told theirs, and bind them some seconds later. */
import { randomInt } from 'node:crypto';
import { freePort } from '../worker/embedded/ports.js';

/** Below those that the system hands out to whoever asks for any: one of those would soon be another's. */
export const portToTell = (): Promise<number> => freePort(randomInt(10_000, 32_000));
