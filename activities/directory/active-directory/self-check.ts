/**
 * Whether the engine's own account is fit: powerful enough for its OUs, and no more powerful than that. Reads only. AD
 * tells by "effective" attributes what the reader may do.
 */
import { SubstringFilter } from 'ldapts';
import { OFFERED_ATTRIBUTES } from '../../../contracts/template.ts';
import type { DirectorySelfCheck } from '../port.ts';
import { isProtectedGroup, textOf, textsOf, type ManagedDomain } from './account-object.ts';
import type { LdapEntry } from './connection.ts';
import type { Controller } from './controllers.ts';
import { sidToString } from './encodings.ts';
import { hasResult } from './ldap-error.ts';
import { searchPages } from './paging.ts';

/** What an engine writes on an account; the delegation scripts grant exactly these. */
const WRITTEN_ATTRIBUTES = [
  ...['userAccountControl', 'accountExpires', 'description', 'info', 'userPrincipalName'],
  ...['pwdLastSet', 'lockoutTime', 'msDS-SupportedEncryptionTypes', 'cn', ...OFFERED_ATTRIBUTES],
];
const DACL_RIGHT = 4;
const READ_ONLY_CONTROLLER = '1.2.840.113556.1.4.1920';

/** Checks the account that `controller` is bound as. Rejects with LdapErrors. */
export async function selfCheck(
  controller: Controller,
  domain: ManagedDomain,
  bindName: string,
): Promise<DirectorySelfCheck> {
  const excess = await findPower(controller, domain, bindName);
  const lacks = [
    ...(await findControllerProblems(controller, domain)),
    ...(await Promise.all(domain.managedOus.map((ou) => findMissingRights(controller, ou)))).flat(),
  ];
  const outcome = excess.length > 0 ? 'refused' : lacks.length > 0 ? 'incomplete' : 'ready';
  return { outcome, findings: [...excess, ...lacks] };
}

/** Signs of rights over the domain rather than over the managed OUs. */
async function findPower(controller: Controller, { baseDn }: ManagedDomain, bindName: string): Promise<string[]> {
  const self = await readEntry(controller, bindName, ['tokenGroups']);
  const head = await readEntry(controller, baseDn, ['sDRightsEffective', 'allowedChildClassesEffective']);
  const groups = self?.attributes['tokengroups'] ?? [];
  const findings: string[] = [];
  if (groups.length === 0) findings.push("The engine's account cannot read its own groups; give its DN as bind name.");
  if (groups.map(sidToString).some(isProtectedGroup)) {
    findings.push('The engine must not run as a member of an administrative group; use the delegation script.');
  }
  if (
    head &&
    (Number(textOf(head, 'sDRightsEffective') ?? 0) > 0 || textsOf(head, 'allowedChildClassesEffective').length > 0)
  ) {
    findings.push("The engine's account has rights on the whole domain; it needs them on the managed OUs only.");
  }
  return findings;
}

async function findControllerProblems(controller: Controller, { baseDn }: ManagedDomain): Promise<string[]> {
  const root = await readEntry(controller, '', ['defaultNamingContext', 'supportedCapabilities', 'isSynchronized']);
  if (!root) return ['The domain controller does not tell what it is.'];
  const findings: string[] = [];
  if (textOf(root, 'defaultNamingContext')?.toLowerCase() !== baseDn.toLowerCase()) {
    findings.push('The domain controller serves another domain.');
  }
  if (textsOf(root, 'supportedCapabilities').includes(READ_ONLY_CONTROLLER)) {
    findings.push('The domain controller is read-only; give the engine writable ones.');
  }
  if (textOf(root, 'isSynchronized') === 'FALSE') findings.push('The domain controller is not synchronised yet.');
  return findings;
}

async function findMissingRights(controller: Controller, ou: string): Promise<string[]> {
  const entry = await readEntry(controller, ou, ['allowedChildClassesEffective']);
  if (!entry) return [`The managed OU ${ou} is not in the directory, or the engine cannot see it.`];
  const classes = textsOf(entry, 'allowedChildClassesEffective').map((name) => name.toLowerCase());
  if (!classes.includes('user')) return [`The engine may not make users in ${ou}; run the delegation script.`];
  return findMissingAccountRights(controller, ou);
}

/** Rights on accounts show on an account only: any one of ours serves, and without one there is nothing to see. */
async function findMissingAccountRights(controller: Controller, ou: string): Promise<string[]> {
  const filter = new SubstringFilter({ attribute: 'info', initial: 'alm-account:' });
  const attributes = ['allowedAttributesEffective', 'sDRightsEffective'];
  const pages = searchPages(controller, { base: ou, scope: 'sub', filter, attributes }, 1);
  const first = await pages.next();
  await pages.return(undefined);
  const account = first.done ? undefined : first.value[0];
  if (!account) return [];
  const writable = new Set(textsOf(account, 'allowedAttributesEffective').map((name) => name.toLowerCase()));
  const missing = WRITTEN_ATTRIBUTES.filter((attribute) => !writable.has(attribute.toLowerCase()));
  const findings = missing.map((attribute) => `The engine may not write ${attribute} of accounts in ${ou}.`);
  if ((Number(textOf(account, 'sDRightsEffective') ?? 0) & DACL_RIGHT) === 0) {
    findings.push(`The engine may not write the security descriptor of accounts in ${ou}.`);
  }
  return findings;
}

async function readEntry(
  controller: Controller,
  base: string,
  attributes: readonly string[],
): Promise<LdapEntry | undefined> {
  try {
    return (await controller.search({ base, scope: 'base', attributes }))[0];
  } catch (error) {
    if (hasResult(error, 32)) return undefined;
    throw error;
  }
}
