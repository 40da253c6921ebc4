/** What the engine tells of the directory without changing it, and what templates may offer to fill in. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActiveDirectory } from '../../activities/directory/active-directory/active-directory.ts';
import { guidDn } from '../../activities/directory/active-directory/encodings.ts';
import type { Directory } from '../../activities/directory/port.ts';
import { OFFERED_ATTRIBUTES } from '../../contracts/template.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import {
  attempt,
  failureOf,
  makeGroup,
  makeOu,
  newPassword,
  newTask,
  openDirectoryFixture,
  refTo,
  see,
  text,
  type DirectoryFixture,
} from '../support/directory-fixture.ts';

let fixture: DirectoryFixture;
let directory: Directory;

beforeAll(async () => {
  fixture = await openDirectoryFixture();
  directory = createActiveDirectory(fixture.config);
});

afterAll(() => {
  directory?.close();
  fixture?.admin.destroy();
});

const newName = (): string => `p-${randomBytes(6).toString('hex')}`;
const usersOf = ({ domain }: DirectoryFixture): string => `CN=Users,${domain.baseDn}`;

/** A person of the domain. Answers their DN. */
async function makePerson(name: string, attributes: Record<string, string> = {}): Promise<string> {
  const dn = `CN=${name},${usersOf(fixture)}`;
  const all = { objectClass: 'user', sAMAccountName: name, userAccountControl: '66080', ...attributes };
  await fixture.admin.add(
    dn,
    Object.entries(all).map(([type, value]) => ({ type, values: [value] })),
  );
  return dn;
}

describe('offered attributes and the description', () => {
  it('are written with the account, read back, and mended', async () => {
    const attributes = Object.fromEntries(OFFERED_ATTRIBUTES.map((name) => [name, `${name}: "ü", é`]));
    const task = newTask(fixture, { attributes });
    const made = await directory.establish(task, sensitive(newPassword()), attempt);
    const base = guidDn(made.objectGuid);
    const seenNow = async () => {
      const seen = await see(fixture, base, OFFERED_ATTRIBUTES);
      return Object.fromEntries(OFFERED_ATTRIBUTES.map((name) => [name, text(seen, name)]));
    };
    expect(await seenNow()).toEqual(attributes);
    await fixture.admin.modify(base, [
      { operation: 'replace', type: 'department', values: ['changed'] },
      { operation: 'replace', type: 'title', values: [] },
    ]);
    await directory.establish(task, sensitive(newPassword()), attempt);
    expect(await seenNow()).toEqual(attributes);

    const ref = refTo(task, made.objectGuid);
    for (const description of ['for the payroll', 'for the payroll', null, null]) {
      await directory.applyDescription({ ...ref, description }, attempt);
      expect(text(await see(fixture, base), 'description') ?? null).toBe(description);
    }
    expect(await seenNow()).toEqual(attributes);
    await directory.delete(ref, attempt);
  });

  it('that AD cannot keep are refused in words, and nothing is made', async () => {
    const task = newTask(fixture, { attributes: { department: 'x'.repeat(65) } });
    expect(await failureOf(directory.establish(task, sensitive(newPassword()), attempt))).toMatchObject({
      type: 'DirectoryRejected',
      message: expect.stringContaining('the directory keeps 64 characters'),
    });
    expect(await see(fixture, `CN=${task.samAccountName},${task.organizationalUnit}`)).toBeUndefined();
  });
});

describe("a user's manager", () => {
  it('is found while their account is enabled', async () => {
    const [boss, user] = [newName(), newName()];
    const bossDn = await makePerson(boss);
    const userDn = await makePerson(user, { manager: bossDn });
    expect(await directory.findManager(user.toUpperCase())).toBe(boss);
    expect(await directory.findManager(boss)).toBeNull();
    await fixture.admin.modify(bossDn, [{ operation: 'replace', type: 'userAccountControl', values: ['66082'] }]);
    expect(await directory.findManager(user)).toBeNull();
    for (const dn of [userDn, bossDn]) await fixture.admin.delete(dn);
  });

  it('is nobody when it is no user, and for a name that nobody has', async () => {
    const user = newName();
    const contact = `CN=${newName()},${usersOf(fixture)}`;
    await fixture.admin.add(contact, [{ type: 'objectClass', values: ['contact'] }]);
    const userDn = await makePerson(user, { manager: contact });
    for (const name of [user, newName(), '*', 'x)(cn=*', '']) expect(await directory.findManager(name)).toBeNull();
    for (const dn of [userDn, contact]) await fixture.admin.delete(dn);
  });
});

describe('the dry run of a template', () => {
  const inspect = (input: Partial<Parameters<Directory['inspect']>[0]>, over = directory) =>
    over.inspect({
      domain: fixture.domain.fqdn,
      organizationalUnits: [],
      groups: [],
      samAccountName: null,
      ...input,
    });

  it('finds nothing wrong with what is there and delegated', async () => {
    const [ou, group] = [await makeOu(fixture), await makeGroup(fixture)];
    const input = { organizationalUnits: [fixture.domain.accountsOu, ou], groups: [group], samAccountName: newName() };
    expect(await inspect(input)).toEqual({ problems: [], nameInUse: false });
    expect((await inspect({ ...input, samAccountName: null })).nameInUse).toBeNull();
  });

  it('tells what is missing, not managed, not delegated, or no name at all', async () => {
    const { accountsOu, baseDn } = fixture.domain;
    const undelegated = await makeOu(fixture, baseDn);
    const theirs = `CN=${newName()},${undelegated}`;
    await fixture.admin.add(theirs, [{ type: 'objectClass', values: ['group'] }]);
    const wide = createActiveDirectory({ ...fixture.config, managedOus: [accountsOu, undelegated] });
    const expected: readonly (readonly [string, string])[] = [
      [`OU=gone,${accountsOu}`, 'not in the directory'],
      [usersOf(fixture), 'does not manage this OU'],
      [undelegated, 'may not make users'],
      ['OU="x",DC=y', 'not a distinguished name'],
      [`CN=gone,${accountsOu}`, 'no group of the directory'],
      [accountsOu, 'no group of the directory'],
      [theirs, 'may not change the members'],
      [`CN=Domain Admins,${usersOf(fixture)}`, 'gives power over the domain'],
      ['CN', 'not a distinguished name'],
    ];
    const dns = expected.map(([dn]) => dn);
    const input = { organizationalUnits: dns.slice(0, 4), groups: dns.slice(4), samAccountName: newName() };
    const { problems, nameInUse } = await inspect(input, wide);
    wide.close();
    expect(problems.map(({ distinguishedName }) => distinguishedName)).toEqual(dns);
    problems.forEach(({ problem }, index) => expect(problem).toContain(expected[index]![1]));
    expect(nameInUse).toBe(false);
    for (const dn of [theirs, undelegated]) await fixture.admin.delete(dn);
  });

  it('knows a name in use: as a logon name, of a group too, as a principal name, and in the OU', async () => {
    const { accountsOu, fqdn } = fixture.domain;
    const names = [newName(), newName(), newName(), newName()] as const;
    const made = [
      await makePerson(names[0]),
      await makePerson(`x${names[1]}`, { userPrincipalName: `${names[1]}@${fqdn}` }),
      `CN=g-${names[2]},${accountsOu}`,
      `CN=${names[3]},${accountsOu}`,
    ];
    await fixture.admin.add(made[2]!, [
      { type: 'objectClass', values: ['group'] },
      { type: 'sAMAccountName', values: [names[2]] },
    ]);
    await fixture.admin.add(made[3]!, [{ type: 'objectClass', values: ['contact'] }]);
    for (const samAccountName of names) {
      const { nameInUse } = await inspect({ organizationalUnits: [accountsOu], samAccountName });
      expect(nameInUse).toBe(true);
    }
    for (const dn of made) await fixture.admin.delete(dn);
  });
});
