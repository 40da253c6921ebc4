/** The directory adapter against a real domain controller, as the delegated account that an engine has. */
import { SubstringFilter } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createActiveDirectory,
  openConnectionFor,
} from '../../activities/directory/active-directory/active-directory.ts';
import { escapeRdnValue } from '../../activities/directory/active-directory/names.ts';
import { guidDn } from '../../activities/directory/active-directory/encodings.ts';
import { searchPages } from '../../activities/directory/active-directory/paging.ts';
import {
  mayChangePassword,
  parseSecurityDescriptor,
} from '../../activities/directory/active-directory/security-descriptor.ts';
import { SecurityDescriptorFlags, showDeleted } from '../../activities/directory/active-directory/controls.ts';
import type { Directory } from '../../activities/directory/port.ts';
import type { EstablishAccountInput } from '../../contracts/activities.ts';
import { accountMarker, provisioningMarker } from '../../contracts/ids.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import {
  attempt,
  codeOf,
  guidOf,
  makeGroup,
  newPassword,
  newTask,
  openDirectoryFixture,
  refTo,
  see,
  text,
  tryLogOn,
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

const establish = (task: EstablishAccountInput, password = newPassword()) =>
  directory.establish(task, sensitive(password), attempt);

async function mayChange(dn: string): Promise<boolean | undefined> {
  const controls = [new SecurityDescriptorFlags()];
  const [entry] = await fixture.admin.search({
    base: dn,
    scope: 'base',
    attributes: ['nTSecurityDescriptor'],
    controls,
  });
  return mayChangePassword(parseSecurityDescriptor(entry!.attributes['ntsecuritydescriptor']![0]!));
}

/** An object that the product did not make. */
async function makeForeign(dn: string, attributes: Record<string, string>): Promise<void> {
  const pairs = Object.entries(attributes).map(([type, value]) => ({ type, values: [value] }));
  await fixture.admin.add(dn, [{ type: 'objectClass', values: ['user'] }, ...pairs]);
}

describe('establish', () => {
  it('makes a complete account that logs on', async () => {
    const group = await makeGroup(fixture);
    const task = newTask(fixture, { groups: [group] });
    const password = newPassword();
    const made = await establish(task, password);

    const seen = await see(fixture, guidDn(made.objectGuid), [
      ...['userAccountControl', 'info', 'accountExpires', 'memberOf', 'description', 'userPrincipalName'],
      ...['msDS-SupportedEncryptionTypes', 'sAMAccountName', 'objectSid'],
    ]);
    expect(Number(text(seen, 'userAccountControl'))).toBe(0x110200);
    expect(text(seen, 'info')).toBe(accountMarker(task.accountId));
    expect(text(seen, 'accountExpires')).toBe('138534624000000000');
    expect(text(seen, 'memberOf')).toBe(group);
    expect(text(seen, 'description')).toBe('made by a test');
    expect(text(seen, 'userPrincipalName')).toBe(`${task.samAccountName}@${task.domain}`);
    expect(text(seen, 'msDS-SupportedEncryptionTypes')).toBe('24');
    expect(made.distinguishedName).toBe(seen!.dn);
    expect(made.objectSid).toMatch(/^S-1-5-21-/);
    expect(await mayChange(seen!.dn)).toBe(false);
    expect(await tryLogOn(fixture, task.samAccountName, password)).toBe('ok');
  });

  it('gives the same answer again, and mends what somebody changed meanwhile', async () => {
    const group = await makeGroup(fixture);
    const task = newTask(fixture, { groups: [group] });
    const first = await establish(task);
    const dn = guidDn(first.objectGuid);
    await fixture.admin.modify(group, [{ operation: 'delete', type: 'member', values: [dn] }]);
    await fixture.admin.modify(dn, [
      { operation: 'replace', type: 'description', values: ['changed'] },
      { operation: 'replace', type: 'userAccountControl', values: ['514'] },
    ]);
    const restaged = newPassword();
    expect(await establish({ ...task, expiresAt: null, mayChangePassword: true }, restaged)).toEqual(first);
    const seen = await see(fixture, dn);
    expect(text(seen, 'description')).toBe('made by a test');
    expect(text(seen, 'accountExpires')).toBe('9223372036854775807');
    expect(text(seen, 'memberOf')).toBe(group);
    expect(Number(text(seen, 'userAccountControl'))).toBe(0x110200);
    expect(await mayChange(seen!.dn)).toBe(true);
    expect(await tryLogOn(fixture, task.samAccountName, restaged)).toBe('ok');
  });

  it('accepts that an account whose end has passed cannot log on', async () => {
    const task = newTask(fixture, { expiresAt: '2020-01-01T00:00:00.000Z' });
    const password = newPassword();
    await establish(task, password);
    expect(await tryLogOn(fixture, task.samAccountName, password)).toBe('701');
  });

  it('works in an OU with a hostile name', async () => {
    const ou = `OU=${escapeRdnValue(`#a, "b"=c\\ <d>;+ ${Date.now()} `)},${fixture.domain.accountsOu}`;
    await fixture.admin.add(ou, [{ type: 'objectClass', values: ['organizationalUnit'] }]);
    const task = newTask(fixture, { organizationalUnit: ou });
    const made = await establish(task);
    expect(made.distinguishedName.startsWith(`CN=${task.samAccountName},OU=`)).toBe(true);
    await directory.delete(refTo(task, made.objectGuid), attempt);
    await fixture.admin.delete(ou);
  });

  it("refuses a password that the domain's policy refuses, and leaves nothing", async () => {
    const task = newTask(fixture);
    expect(await codeOf(establish(task, 'abc'))).toBe('DirectoryPasswordRejected');
    expect(await see(fixture, `CN=${task.samAccountName},${task.organizationalUnit}`)).toBeUndefined();
  });

  it.each(['the same logon name elsewhere', 'the same principal name', 'the same place'])(
    'never touches a foreign object with %s',
    async (how) => {
      const task = newTask(fixture);
      const users = `CN=Users,${fixture.domain.baseDn}`;
      const other = `x${task.samAccountName}`.slice(0, 20);
      const upn = `${task.samAccountName}@${task.domain}`;
      const foreign = {
        'the same logon name elsewhere': { dn: `CN=${task.samAccountName},${users}`, sam: task.samAccountName },
        'the same principal name': { dn: `CN=${other},${users}`, sam: other, upn },
        'the same place': { dn: `CN=${task.samAccountName},${task.organizationalUnit}`, sam: other },
      }[how]! as { dn: string; sam: string; upn?: string };
      await makeForeign(foreign.dn, {
        sAMAccountName: foreign.sam,
        ...(foreign.upn ? { userPrincipalName: foreign.upn } : {}),
      });
      const before = await see(fixture, foreign.dn, ['*', 'uSNChanged']);
      expect(await codeOf(establish(task))).toBe('DirectoryNameConflict');
      await directory.delete(refTo(task, null), attempt);
      expect(await see(fixture, foreign.dn, ['*', 'uSNChanged'])).toEqual(before);
      await fixture.admin.delete(foreign.dn);
    },
  );

  it.each([
    ['an OU it does not manage', { organizationalUnit: 'CN=Users,DC=elsewhere' }, 'DirectoryAccessDenied'],
    ['a group that does not exist', { groups: ['CN=nobody,DC=elsewhere'] }, 'DirectoryRejected'],
    ['a name that is too long', { samAccountName: 'x'.repeat(21) }, 'DirectoryRejected'],
  ])('refuses %s', async (_name, overrides, code) => {
    const task = newTask(fixture, overrides);
    expect(await codeOf(establish(task))).toBe(code);
    await directory.delete(refTo({ ...task, organizationalUnit: fixture.domain.accountsOu }, null), attempt);
  });

  it('tells a managed OU that does not exist, and a group beyond its rights', async () => {
    const gone = `OU=gone,${fixture.domain.accountsOu}`;
    expect(await codeOf(establish(newTask(fixture, { organizationalUnit: gone })))).toBe('DirectoryRejected');
    const task = newTask(fixture, { groups: [`CN=Domain Admins,CN=Users,${fixture.domain.baseDn}`] });
    expect(await codeOf(establish(task))).toBe('DirectoryAccessDenied');
    const half = await see(fixture, `CN=${task.samAccountName},${task.organizationalUnit}`);
    expect(text(half, 'info')).toBe(provisioningMarker(task.accountId));
    expect(Number(text(half, 'userAccountControl')) & 2).toBe(2);
    await directory.delete(refTo(task, null), attempt);
    expect(await see(fixture, guidDn(guidOf(half)))).toBeUndefined();
  });

  it('makes many at once', async () => {
    const tasks = Array.from({ length: 10 }, () => newTask(fixture));
    const made = await Promise.all(tasks.map((task) => establish(task)));
    expect(new Set(made.map(({ objectGuid }) => objectGuid)).size).toBe(10);
    await Promise.all(tasks.map((task, index) => directory.delete(refTo(task, made[index]!.objectGuid), attempt)));
  });
});

describe('account control', () => {
  it('disables, enables and moves the end, any number of times', async () => {
    const task = newTask(fixture);
    const password = newPassword();
    const { objectGuid } = await establish(task, password);
    const ref = refTo(task, objectGuid);
    for (let round = 0; round < 2; round += 1) await directory.setEnabled(ref, false, attempt);
    expect(await tryLogOn(fixture, task.samAccountName, password)).toBe('533');
    for (let round = 0; round < 2; round += 1) await directory.setEnabled(ref, true, attempt);
    expect(await tryLogOn(fixture, task.samAccountName, password)).toBe('ok');
    const expiresAt = '2035-06-01T12:00:00.000Z';
    for (let round = 0; round < 2; round += 1) await directory.applyExpiry({ ...ref, expiresAt }, attempt);
    expect(text(await see(fixture, guidDn(objectGuid)), 'accountExpires')).toBe('137087856000000000');
  });

  it('enables nothing that has no password', async () => {
    const task = newTask(fixture);
    const dn = `CN=${task.samAccountName},${task.organizationalUnit}`;
    await makeForeign(dn, {
      sAMAccountName: task.samAccountName,
      userAccountControl: '514',
      info: accountMarker(task.accountId),
    });
    const ref = refTo(task, guidOf(await see(fixture, dn)));
    expect(await codeOf(directory.setEnabled(ref, true, attempt))).toBe('DirectoryRejected');
    await directory.delete(ref, attempt);
  });

  it('tells a missing account from one that is not ours any more', async () => {
    const task = newTask(fixture);
    const { objectGuid } = await establish(task);
    const ref = refTo(task, objectGuid);
    await fixture.admin.modify(guidDn(objectGuid), [{ operation: 'replace', type: 'info', values: ['mine now'] }]);
    expect(await codeOf(directory.setEnabled(ref, false, attempt))).toBe('DirectoryObjectForeign');
    expect(await codeOf(directory.delete(ref, attempt))).toBe('DirectoryObjectForeign');
    await fixture.admin.delete(guidDn(objectGuid));
    expect(await codeOf(directory.setEnabled(ref, false, attempt))).toBe('DirectoryObjectMissing');
  });
});

describe('delete', () => {
  it('leaves a tombstone, and succeeds again', async () => {
    const group = await makeGroup(fixture);
    const task = newTask(fixture, { groups: [group] });
    const { objectGuid } = await establish(task);
    for (let round = 0; round < 2; round += 1) await directory.delete(refTo(task, objectGuid), attempt);
    await directory.delete(refTo(task, null), attempt);
    const base = guidDn(objectGuid);
    const [tombstone] = await fixture.admin.search({
      base,
      scope: 'base',
      attributes: ['isDeleted'],
      controls: [showDeleted()],
    });
    expect(text(tombstone, 'isDeleted')).toBe('TRUE');
    expect(text(await see(fixture, group, ['member']), 'member')).toBeUndefined();
  });

  it('follows the object when somebody renamed and moved it within the managed OUs', async () => {
    const inner = `OU=inner-${Date.now()},${fixture.domain.accountsOu}`;
    await fixture.admin.add(inner, [{ type: 'objectClass', values: ['organizationalUnit'] }]);
    const task = newTask(fixture);
    const { objectGuid } = await establish(task);
    await fixture.admin.modifyDn(guidDn(objectGuid), `CN=moved,${inner}`);
    await fixture.admin.modify(guidDn(objectGuid), [
      { operation: 'replace', type: 'sAMAccountName', values: [`r${Date.now()}`] },
    ]);
    await directory.delete(refTo(task, null), attempt);
    expect(await see(fixture, guidDn(objectGuid))).toBeUndefined();
    await fixture.admin.delete(inner);
  });

  it.each(['moved out of the managed OUs', 'made an administrator', 'protected'])(
    'refuses an account that was %s',
    async (how) => {
      const task = newTask(fixture);
      const { objectGuid } = await establish(task);
      const dn = guidDn(objectGuid);
      if (how === 'moved out of the managed OUs') {
        await fixture.admin.modifyDn(dn, `CN=${task.samAccountName},CN=Users,${fixture.domain.baseDn}`);
      } else if (how === 'protected') {
        await fixture.admin.modify(dn, [{ operation: 'replace', type: 'adminCount', values: ['1'] }]);
      } else {
        const admins = `CN=Domain Admins,CN=Users,${fixture.domain.baseDn}`;
        await fixture.admin.modify(admins, [{ operation: 'add', type: 'member', values: [dn] }]);
      }
      expect(await codeOf(directory.delete(refTo(task, objectGuid), attempt))).toBe('DirectoryObjectForeign');
      expect(Number(text(await see(fixture, dn), 'userAccountControl')) & 2).toBe(0);
      await fixture.admin.delete(dn);
    },
  );

  it('stops at an account that has children', async () => {
    const task = newTask(fixture);
    const { objectGuid } = await establish(task);
    const dn = `CN=${task.samAccountName},${task.organizationalUnit}`;
    await fixture.admin.add(`CN=child,${dn}`, [{ type: 'objectClass', values: ['classStore'] }]);
    expect(await codeOf(directory.delete(refTo(task, objectGuid), attempt))).toBe('DirectoryRejected');
    await fixture.admin.delete(`CN=child,${dn}`);
    await directory.delete(refTo(task, objectGuid), attempt);
  });
});

describe("the engine's own account", () => {
  it('is fit, and no administrator is', async () => {
    const task = newTask(fixture);
    const { objectGuid } = await establish(task);
    expect(await directory.selfCheck()).toEqual({ outcome: 'ready', findings: [] });
    await directory.delete(refTo(task, objectGuid), attempt);

    const { administratorDn, administratorPassword, baseDn } = fixture.domain;
    const asAdmin = { bindDn: administratorDn, bindPassword: sensitive(administratorPassword) };
    const powerful = createActiveDirectory({ ...fixture.config, ...asAdmin });
    expect((await powerful.selfCheck()).outcome).toBe('refused');
    powerful.close();
    const misplaced = createActiveDirectory({ ...fixture.config, managedOus: [`CN=Computers,${baseDn}`] });
    expect((await misplaced.selfCheck()).outcome).toBe('incomplete');
    misplaced.close();
  });

  it('is not locked out by a wrong password: it is tried once, whoever asks', async () => {
    let opened = 0;
    const open = openConnectionFor(fixture.config);
    const wrong = createActiveDirectory(
      { ...fixture.config, bindPassword: sensitive('wrong') },
      { openConnection: (...args) => ((opened += 1), open(...args)) },
    );
    const tasks = Array.from({ length: 5 }, () => newTask(fixture));
    const codes = await Promise.all(tasks.map((task) => codeOf(wrong.establish(task, sensitive('x'), attempt))));
    expect(new Set(codes)).toEqual(new Set(['DirectoryBindRejected']));
    expect(opened).toBe(1);
    expect(await codeOf(wrong.selfCheck())).toBe('DirectoryBindRejected');
    expect(opened).toBe(1);
  });
});

describe('searches by pages', () => {
  it('get everything once', async () => {
    const mark = `page-${Date.now()}`;
    for (let index = 0; index < 7; index += 1) {
      await fixture.admin.add(`CN=${mark}-${index},${fixture.domain.accountsOu}`, [
        { type: 'objectClass', values: ['contact'] },
      ]);
    }
    const filter = new SubstringFilter({ attribute: 'cn', initial: `${mark}-` });
    const request = { base: fixture.domain.accountsOu, scope: 'sub', filter, attributes: ['cn'] } as const;
    const names: string[] = [];
    let pages = 0;
    for await (const page of searchPages(fixture.admin, request, 3)) {
      pages += 1;
      expect(page.length).toBeLessThanOrEqual(3);
      // Deleting ahead of the reader makes the empty page at which other loops stop.
      if (pages === 1) {
        const rest = [0, 1, 2, 3, 4, 5, 6].filter(
          (index) => !page.some((entry) => entry.dn.includes(`${mark}-${index}`)),
        );
        for (const index of rest.slice(0, 3))
          await fixture.admin.delete(`CN=${mark}-${index},${fixture.domain.accountsOu}`);
      }
      names.push(...page.map((entry) => text(entry, 'cn')!));
    }
    expect(pages).toBe(3);
    expect(new Set(names).size).toBe(4);
    for (const name of names) await fixture.admin.delete(`CN=${name},${fixture.domain.accountsOu}`);
  });
});
