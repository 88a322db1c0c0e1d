import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { parsePayloadKeys } from './keys.js';
import { EncryptionCodec } from './payload-codec.js';

/** Clients, workers and the bundle of the workflows all have to name the same one. */
export const failureConverterPath = ['ts', 'js']
  .map((extension) => fileURLToPath(new URL(`failure-converter.${extension}`, import.meta.url)))
  .find((path) => existsSync(path)) as string;

/** What turns values into payloads: Temporal's JSON, and with PAYLOAD_KEYS encrypted. @throws PayloadKeysError */
export function dataConverter(payloadKeys: string | undefined): DataConverter | undefined {
  if (payloadKeys === undefined) return undefined;
  return { payloadCodecs: [new EncryptionCodec(parsePayloadKeys(payloadKeys))], failureConverterPath };
}
