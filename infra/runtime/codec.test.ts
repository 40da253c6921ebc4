import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPayloadCodec, isSealed } from './codec.ts';
import { parseKeyRing } from './codec-keys.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const firstKey = newKey();
const secondKey = newKey();
const codec = createPayloadCodec(parseKeyRing(`first:${firstKey}`));

const bytes = fc.uint8Array({ maxLength: 300 });
const payloads = fc.record({
  metadata: fc.dictionary(fc.string({ minLength: 1 }), bytes, { maxKeys: 4 }),
  data: bytes,
});

const seal = async (payload: Payload): Promise<Payload> => (await codec.encode([payload]))[0]!;
const unseal = async (payload: Payload): Promise<Payload> => (await codec.decode([payload]))[0]!;

/** Payloads of the same content, whatever kind of byte array they are made of. */
const plain = ({ metadata, data }: Payload) => ({
  metadata: Object.entries(metadata ?? {})
    .map(([name, value]) => [name, Buffer.from(value).toString('hex')] as const)
    .sort(),
  data: Buffer.from(data ?? []).toString('hex'),
});

test('every payload comes back as it was, its metadata included', async () => {
  await fc.assert(
    fc.asyncProperty(payloads, async (payload) => {
      expect(plain(await unseal(await seal(payload)))).toEqual(plain(payload));
    }),
  );
});

test('every kind of value that activities and workflows exchange survives', async () => {
  for (const value of [undefined, null, 'text', { nested: [1, 2] }, new Uint8Array([0, 255])]) {
    const restored = await unseal(await seal(defaultPayloadConverter.toPayload(value)));
    expect(defaultPayloadConverter.fromPayload(restored)).toEqual(value);
  }
});

test('the ciphertext shows neither the text nor that two payloads are equal', async () => {
  const payload = defaultPayloadConverter.toPayload('canary-in-clear');
  const [one, two] = await codec.encode([payload, payload]);
  expect(Buffer.from(one!.data!).includes('canary')).toBe(false);
  expect(Buffer.from(one!.data!).equals(Buffer.from(two!.data!))).toBe(false);
});

test('a change of any bit is noticed', async () => {
  await fc.assert(
    fc.asyncProperty(payloads, fc.nat(), fc.integer({ min: 0, max: 7 }), async (payload, place, bit) => {
      const sealed = await seal(payload);
      const data = Buffer.from(sealed.data!);
      const index = place % data.length;
      data.writeUInt8(data.readUInt8(index) ^ (1 << bit), index);
      await expect(unseal({ ...sealed, data })).rejects.toThrow(/does not belong to key "first"/);
    }),
  );
});

test('a payload that is cut short is noticed, at whatever length', async () => {
  const sealed = await seal(defaultPayloadConverter.toPayload('x'));
  for (let length = 0; length < sealed.data!.length; length += 1) {
    await expect(unseal({ ...sealed, data: sealed.data!.subarray(0, length) })).rejects.toThrow(/cut short|changed/);
  }
});

test('a payload cannot be passed off as one of another key, even of the same bytes', async () => {
  const sealed = await seal(defaultPayloadConverter.toPayload('x'));
  const relabelled = { ...sealed, metadata: { ...sealed.metadata, 'alm-key-id': Buffer.from('second') } };
  const both = createPayloadCodec(parseKeyRing(`first:${firstKey},second:${firstKey}`));
  await expect(both.decode([relabelled])).rejects.toThrow(/does not belong to key "second"/);
});

test('after a change of keys old payloads are read and new ones use the new key', async () => {
  const sealed = await seal(defaultPayloadConverter.toPayload('old'));
  const rotated = createPayloadCodec(parseKeyRing(`second:${secondKey},first:${firstKey}`));
  const [restored] = await rotated.decode([sealed]);
  expect(defaultPayloadConverter.fromPayload(restored!)).toBe('old');
  const [renewed] = await rotated.encode([restored!]);
  expect(Buffer.from(renewed!.metadata!['alm-key-id']!).toString()).toBe('second');
});

test('an unknown key is named, and so are the keys there are', async () => {
  const sealed = await seal(defaultPayloadConverter.toPayload('x'));
  const other = createPayloadCodec(parseKeyRing(`second:${secondKey}`));
  await expect(other.decode([sealed])).rejects.toThrow('no key "first" in ALM_CODEC_KEYS (it has second)');
});

test('what is not encrypted is refused: the server alone cannot put words into our mouth', async () => {
  const forged = defaultPayloadConverter.toPayload({ decision: 'approve' });
  expect(isSealed(forged)).toBe(false);
  await expect(unseal(forged)).rejects.toThrow(/not encrypted/);
});

test('what the server says of an activity that no worker had started is heard, as nothing', async () => {
  const remark = defaultPayloadConverter.toPayload('ACTIVITY_ID_NOT_STARTED');
  expect(defaultPayloadConverter.fromPayload(await unseal(remark))).toBe(undefined);
  const longer = defaultPayloadConverter.toPayload('ACTIVITY_ID_NOT_STARTED.');
  await expect(unseal(longer)).rejects.toThrow(/not encrypted/);
});
