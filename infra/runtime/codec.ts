/**
 * The payload codec: every argument, result, message and failure that reaches Temporal is AES-256-GCM, whoever runs the
 * Temporal server. Ids, types, task queue names and search attributes are not payloads and stay readable.
 *
 * The encrypted payload's data is nonce ‖ ciphertext ‖ tag; the plaintext is the whole original payload, its metadata
 * included. Encoding and key id are authenticated with it. A payload that is not encrypted is refused: access to the
 * Temporal server alone must not suffice to put words into an approver's mouth. Of what the server itself says, one remark
 * reaches workflows; it is heard as nothing.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  defaultPayloadConverter,
  METADATA_ENCODING_KEY,
  ValueError,
  type Payload,
  type PayloadCodec,
} from '@temporalio/common';
import proto from '@temporalio/proto';
import type { KeyRing } from './codec-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

const CIPHER = 'aes-256-gcm';
const ENCODING = 'binary/encrypted';
const KEY_ID_METADATA = 'alm-key-id';
/** 96 bits (NIST SP 800-38D §8.2.2); random ones are good for 2³² payloads a key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The details with which the server cancels an activity that no worker has started (JSON; service/history,
 * workflow_task_completed_handler.go).
 */
const NOT_STARTED = '"ACTIVITY_ID_NOT_STARTED"';
const NOTHING = defaultPayloadConverter.toPayload(undefined);

/** A codec over `keys`. Both directions reject with a ValueError that names key ids at most. */
export function createPayloadCodec(keys: KeyRing): PayloadCodec {
  return {
    encode: async (payloads) => payloads.map((payload) => seal(payload, keys)),
    decode: async (payloads) => payloads.map((payload) => unseal(payload, keys)),
  };
}

/** Whether the payload says of itself that this codec made it. */
export function isSealed(payload: Payload): boolean {
  return metadataText(payload, METADATA_ENCODING_KEY) === ENCODING;
}

function seal(payload: Payload, keys: KeyRing): Payload {
  const { id, key } = keys.current;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(authenticated(id));
  const plaintext = PayloadMessage.encode(payload).finish();
  const ciphertext = [cipher.update(plaintext), cipher.final()];
  return {
    metadata: { [METADATA_ENCODING_KEY]: Buffer.from(ENCODING), [KEY_ID_METADATA]: Buffer.from(id) },
    data: Buffer.concat([nonce, ...ciphertext, cipher.getAuthTag()]),
  };
}

function unseal(payload: Payload, keys: KeyRing): Payload {
  if (isServersRemark(payload)) return NOTHING;
  if (!isSealed(payload)) throw new ValueError('a payload is not encrypted: whoever sent it does not have our keys');
  const id = metadataText(payload, KEY_ID_METADATA) ?? '';
  const key = keys.find(id);
  if (!key) {
    throw new ValueError(`no key "${printable(id)}" in ALM_CODEC_KEYS (it has ${keys.ids.join(', ')}); add it again`);
  }
  const data = payload.data ?? new Uint8Array();
  if (data.length < NONCE_BYTES + TAG_BYTES) throw new ValueError('an encrypted payload is cut short');
  const tagStart = data.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, data.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(authenticated(id))
    .setAuthTag(data.subarray(tagStart));
  return PayloadMessage.decode(decipherWhole(decipher, data.subarray(NONCE_BYTES, tagStart), id));
}

function isServersRemark({ data }: Payload): boolean {
  return data?.length === NOT_STARTED.length && Buffer.from(data).toString('latin1') === NOT_STARTED;
}

function decipherWhole(decipher: ReturnType<typeof createDecipheriv>, ciphertext: Uint8Array, id: string): Buffer {
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    throw new ValueError(`a payload does not belong to key "${id}", or somebody changed it`);
  }
}

/** What is authenticated without being encrypted: a payload cannot be relabelled to another key or encoding. */
function authenticated(keyId: string): Buffer {
  return Buffer.from(`${ENCODING}\0${keyId}`);
}

/** Metadata values are bytes; compared as a string they never match. */
function metadataText(payload: Payload, name: string): string | undefined {
  const value = payload.metadata?.[name];
  return value && Buffer.from(value).toString('utf8');
}

function printable(id: string): string {
  return id.replace(/[^\x20-\x7e]/g, '?').slice(0, 64);
}
