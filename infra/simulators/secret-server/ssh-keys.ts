/** Keys that a template makes for a new secret (docs.delinea.com, Secret Server REST API, `sshKeyArgs`). */
import { generateKeyPairSync, randomBytes, type KeyPairKeyObjectResult } from 'node:crypto';
import type { Arguments } from './arguments.ts';
import type { Item, Template, TemplateField, World } from './types.ts';

/** Fills the items of a new secret; a file has the name that was given for it, or its field's. */
export function generateSshItems(
  world: World,
  template: Template,
  items: Item[],
  wanted: Arguments,
  nameOf: (fieldId: number) => string | undefined,
): void {
  const passphrase = wanted.flag('generatePassphrase') ? randomBytes(18).toString('base64url') : undefined;
  const keys = wanted.flag('generateSshKeys') ? generateKeyPairSync('ed25519') : undefined;
  for (const field of template.fields) {
    const item = items.find(({ fieldId }) => fieldId === field.id);
    if (!item) continue;
    if (field.sshRole === 'passphrase') item.value = passphrase ?? item.value;
    const pem = keys && pemOf(keys, field.sshRole, passphrase);
    if (pem === undefined) continue;
    item.file = { attachmentId: world.nextId(), name: nameOf(field.id) ?? field.name, bytes: Buffer.from(pem) };
  }
}

function pemOf(keys: KeyPairKeyObjectResult, role: TemplateField['sshRole'], passphrase: string | undefined) {
  if (role === 'publicKey') return keys.publicKey.export({ type: 'spki', format: 'pem' });
  if (role !== 'privateKey') return undefined;
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return keys.privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher });
}
