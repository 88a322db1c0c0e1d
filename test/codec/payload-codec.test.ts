import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { parsePayloadKeys } from '../../codec/keys.js';
import { EncryptionCodec } from '../../codec/payload-codec.js';

const entry = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const old = entry('old');
const fresh = entry('fresh');
const codec = (...entries: string[]) => new EncryptionCodec(parsePayloadKeys(entries.join(',')));
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(payload!);

describe('EncryptionCodec', () => {
  const secret = { patient: 'Patient/Jürgen', amount: 91_054 };

  it('gives back what it was given, and shows none of it meanwhile', async () => {
    const [encrypted] = await codec(old).encode([payloadOf(secret)]);
    const raw = Buffer.concat([Buffer.from(encrypted!.data!), ...Object.values(encrypted!.metadata!)]).toString();
    for (const text of ['Patient', 'Jürgen', '91054', 'json/plain']) assert.ok(!raw.includes(text), text);
    const [decrypted] = await codec(old).decode([encrypted!]);
    assert.deepEqual(valueOf(decrypted), secret);
  });

  it('encrypts the same value differently each time', async () => {
    const [a, b] = await codec(old).encode([payloadOf(secret), payloadOf(secret)]);
    assert.notDeepEqual(a!.data, b!.data);
  });

  it('is rotated without downtime: both sides read both keys before either writes the new one', async () => {
    const before = await codec(old).encode([payloadOf(1)]);
    const during = await codec(old, fresh).encode([payloadOf(2)]);
    const after = await codec(fresh, old).encode([payloadOf(3)]);
    for (const reader of [codec(old, fresh), codec(fresh, old)]) {
      const read = await reader.decode([...before, ...during, ...after]);
      assert.deepEqual(read.map(valueOf), [1, 2, 3]);
    }
    await assert.rejects(codec(old).decode(after), /the key "fresh", which PAYLOAD_KEYS does not hold/);
  });

  it('refuses a payload that was changed, cut, or given the label of another key', async () => {
    const [encrypted] = await codec(old).encode([payloadOf(secret)]);
    const data = Buffer.from(encrypted!.data!);
    const flipped = Buffer.from(data);
    flipped[20]! ^= 1;
    const sameKey = old.split(':')[1]!;
    const relabelled = { ...encrypted!.metadata!, 'encryption-key-id': Buffer.from('alias') };
    const attempts: Payload[] = [
      { metadata: encrypted!.metadata, data: flipped },
      { metadata: encrypted!.metadata, data: data.subarray(0, 30) },
      { metadata: encrypted!.metadata, data: Buffer.alloc(0) },
      { metadata: relabelled, data },
    ];
    const reader = codec(old, `alias:${sameKey}`);
    for (const payload of attempts) await assert.rejects(reader.decode([payload]), /is not what was encrypted/);
  });

  it('passes through what was written before there were keys', async () => {
    const plain = payloadOf('plain');
    assert.deepEqual(await codec(old).decode([plain]), [plain]);
  });
});
