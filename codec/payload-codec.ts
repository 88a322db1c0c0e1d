import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { PayloadKeys } from './keys.js';

/** As in Temporal's own samples, so that whoever looks at a raw history knows what it is. */
const ENCODING = 'binary/encrypted';
const CIPHER = 'aes-256-gcm';
/** NIST SP 800-38D: 96 random bits are safe for 2^32 payloads of one key. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A whole payload, metadata included, as every Temporal SDK writes it. */
const wire = proto.temporal.api.common.v1.Payload;
const utf8 = new TextEncoder();

/**
 * Encrypts every payload on its way to Temporal: inputs, results, signals, memos, summaries, details. Search attributes
 * and workflow ids do not pass here.
 *
 * The id of the key stands in the payload's metadata and is authenticated with it: a payload that is relabelled, cut or
 * changed does not decrypt. Payloads of other encodings pass through, so what was written before the keys stays readable.
 */
export class EncryptionCodec implements PayloadCodec {
  constructor(private readonly options: PayloadKeys) {}

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.encrypt(payload));
  }

  /** @throws Error naming the key that is missing, or saying that the payload is not what was written. */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (textOf(payload, 'encoding') === ENCODING ? this.decrypt(payload) : payload));
  }

  private encrypt(payload: Payload): Payload {
    const { current: id, keys } = this.options;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, keys.get(id)!, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(additionalData(id));
    const plain = wire.encode(payload).finish();
    const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { encoding: utf8.encode(ENCODING), 'encryption-key-id': utf8.encode(id) }, data };
  }

  private decrypt(payload: Payload): Payload {
    const id = textOf(payload, 'encryption-key-id') ?? '';
    const key = this.options.keys.get(id);
    if (!key) throw new Error(`a payload was encrypted with the key "${id}", which PAYLOAD_KEYS does not hold: add it`);
    const data = Buffer.from(payload.data ?? []);
    try {
      const decipher = createDecipheriv(CIPHER, key, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(additionalData(id));
      decipher.setAuthTag(data.subarray(-TAG_BYTES));
      const plain = Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      return wire.decode(plain);
    } catch (cause) {
      throw new Error(`a payload is not what was encrypted with the key "${id}": it was changed, or the key was`, {
        cause,
      });
    }
  }
}

const additionalData = (keyId: string): Buffer => Buffer.from(`${ENCODING}\0${keyId}`);

function textOf(payload: Payload, name: string): string | undefined {
  const value = payload.metadata?.[name];
  return value ? Buffer.from(value).toString() : undefined;
}
