/** The dry run of a template: whether what it names is there, and whether the engine may write there. Reads only. */
import type { InspectDirectoryInput, InspectDirectoryResult } from '../../../contracts/activities.ts';
import { findByNames, isProtectedGroup, readByDn, textsOf, type ManagedDomain } from './account-object.ts';
import type { LdapEntry } from './connection.ts';
import type { Controller } from './controllers.ts';
import { guidDn } from './encodings.ts';
import { hasResult } from './ldap-error.ts';
import { readGroup } from './memberships.ts';
import { childDn, parseDn } from './names.ts';
import { isManagedOu } from './placement.ts';

/** A name that no server takes anyway is asked about all the same: nothing has it. Rejects with LdapErrors. */
export async function inspect(
  controller: Controller,
  { organizationalUnits, groups, samAccountName }: InspectDirectoryInput,
  domain: ManagedDomain,
): Promise<InspectDirectoryResult> {
  const checks = [
    ...organizationalUnits.map((dn) => [dn, () => ouProblem(controller, dn, domain)] as const),
    ...groups.map((dn) => [dn, () => groupProblem(controller, dn)] as const),
  ];
  const found = await Promise.all(
    checks.map(async ([distinguishedName, check]) => ({
      distinguishedName,
      problem: await unlessNoDn(distinguishedName, check),
    })),
  );
  const problems = found.filter((each): each is typeof each & { problem: string } => each.problem !== undefined);
  const unusable = new Set(problems.map(({ distinguishedName }) => distinguishedName));
  const usable = organizationalUnits.filter((dn) => !unusable.has(dn));
  return {
    problems,
    nameInUse: samAccountName === null ? null : await isInUse(controller, samAccountName, usable, domain),
  };
}

async function unlessNoDn(dn: string, check: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    parseDn(dn);
  } catch {
    return 'It is not a distinguished name that the engine understands.';
  }
  return check();
}

async function ouProblem(controller: Controller, dn: string, domain: ManagedDomain): Promise<string | undefined> {
  if (!isManagedOu(dn, domain)) return 'The engine does not manage this OU (ALM_MANAGED_OUS).';
  const entry = await read(controller, dn, 'allowedChildClassesEffective');
  if (!entry) return 'The OU is not in the directory, or the engine cannot see it.';
  const classes = textsOf(entry, 'allowedChildClassesEffective').map((name) => name.toLowerCase());
  return classes.includes('user')
    ? undefined
    : 'The engine may not make users in this OU: run the delegation script for it.';
}

async function groupProblem(controller: Controller, dn: string): Promise<string | undefined> {
  const group = await readGroup(controller, dn);
  if (!group) return 'It is no group of the directory, or the engine cannot see it.';
  if (isProtectedGroup(group.sid))
    return 'The group gives power over the domain: no account of the product may join it.';
  const entry = await read(controller, guidDn(group.guid), 'allowedAttributesEffective');
  const writable = entry ? textsOf(entry, 'allowedAttributesEffective').map((name) => name.toLowerCase()) : [];
  return writable.includes('member')
    ? undefined
    : 'The engine may not change the members of this group: run the delegation script for its OU.';
}

/** As a logon name or a user principal name anywhere, or as the name of something in one of the OUs: AD refuses each. */
async function isInUse(
  controller: Controller,
  samAccountName: string,
  organizationalUnits: readonly string[],
  domain: ManagedDomain,
): Promise<boolean> {
  const userPrincipalName = `${samAccountName}@${domain.fqdn}`;
  if ((await findByNames(controller, domain, { samAccountName, userPrincipalName })).length > 0) return true;
  const places = await Promise.all(organizationalUnits.map((ou) => readByDn(controller, childDn(samAccountName, ou))));
  return places.some((object) => object !== undefined);
}

async function read(controller: Controller, base: string, attribute: string): Promise<LdapEntry | undefined> {
  try {
    return (await controller.search({ base, scope: 'base', attributes: [attribute] }))[0];
  } catch (error) {
    if (hasResult(error, 32, 34)) return undefined;
    throw error;
  }
}
