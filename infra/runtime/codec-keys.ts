/**
 * The key ring of the payload codec: `id:key,id2:key2`, keys in base64, the first one encrypts, all of them decrypt.
 * A new key is added at the end everywhere, then moved to the front, and the old one leaves when no history needs it.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;

export interface KeyRing {
  /** The key that new payloads are encrypted with. */
  readonly current: { readonly id: string; readonly key: KeyObject };
  /** The key of an id, to decrypt with; `undefined` when the ring does not have it. */
  find(id: string): KeyObject | undefined;
  /** For messages: ids are no secrets. */
  readonly ids: readonly string[];
}

/** Parses a key ring. Throws an Error that says which entry is wrong, without quoting it: it may be a key. */
export function parseKeyRing(text: string): KeyRing {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseEntry);
  const current = entries[0];
  if (!current) throw new Error('must have at least one key, as id:base64key');
  const keys = new Map(entries.map(({ id, key }) => [id, key]));
  if (keys.size !== entries.length) throw new Error('must not have a key id twice');
  return { current, find: (id) => keys.get(id), ids: [...keys.keys()] };
}

function parseEntry(entry: string, index: number): { id: string; key: KeyObject } {
  const separator = entry.indexOf(':');
  const id = entry.slice(0, separator);
  const encoded = entry.slice(separator + 1);
  const place = `entry ${index + 1}`;
  if (separator < 1 || !KEY_ID.test(id)) {
    throw new Error(`${place} must be id:base64key, with an id of 1 to 64 letters, digits, ".", "_" or "-"`);
  }
  const bytes = Buffer.from(encoded, 'base64');
  // Buffer.from ignores what is not base64: only what encodes back to the same text was read whole.
  if (bytes.length !== KEY_BYTES || bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) {
    throw new Error(
      `${place} (${id}) must have ${KEY_BYTES} bytes of base64, such as \`openssl rand -base64 32\` prints`,
    );
  }
  return { id, key: createSecretKey(bytes) };
}
