/** Whether an account may change its own password: two entries of its security descriptor, no bit anywhere. */
import { bytesOf } from './account-object.ts';
import type { Controller } from './controllers.ts';
import { SecurityDescriptorFlags } from './controls.ts';
import { guidDn } from './encodings.ts';
import {
  buildSecurityDescriptor,
  mayChangePassword,
  parseSecurityDescriptor,
  withPasswordChange,
  type SecurityDescriptor,
} from './security-descriptor.ts';

/** Whether the account's descriptor says what it should. */
export async function hasPasswordRight(controller: Controller, guid: string, allowed: boolean): Promise<boolean> {
  return mayChangePassword(await readDacl(controller, guid)) === allowed;
}

/** Gives or denies the account the right to change its password. Writes only when it must. */
export async function alignPasswordRight(controller: Controller, guid: string, allowed: boolean): Promise<void> {
  const descriptor = await readDacl(controller, guid);
  if (mayChangePassword(descriptor) === allowed) return;
  const values = [buildSecurityDescriptor(withPasswordChange(descriptor, allowed))];
  const change = { operation: 'replace', type: 'nTSecurityDescriptor', values } as const;
  await controller.modify(guidDn(guid), [change], [new SecurityDescriptorFlags()]);
}

async function readDacl(controller: Controller, guid: string): Promise<SecurityDescriptor> {
  const [entry] = await controller.search({
    base: guidDn(guid),
    scope: 'base',
    attributes: ['nTSecurityDescriptor'],
    controls: [new SecurityDescriptorFlags()],
  });
  const bytes = entry && bytesOf(entry, 'nTSecurityDescriptor');
  if (!bytes) throw new Error('the security descriptor cannot be read');
  return parseSecurityDescriptor(bytes);
}
