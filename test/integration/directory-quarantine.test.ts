/** Retirement that can be undone, on a real domain controller: captured, put away and put back exactly as it was. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActiveDirectory } from '../../activities/directory/active-directory/active-directory.ts';
import { guidDn } from '../../activities/directory/active-directory/encodings.ts';
import type { Directory } from '../../activities/directory/port.ts';
import type { AccountObjectInput, EstablishAccountInput } from '../../contracts/activities.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import {
  attempt,
  codeOf,
  failureOf,
  makeGroup,
  makeOu,
  newPassword,
  newTask,
  openDirectoryFixture,
  photograph,
  protectChildren,
  refTo,
  see,
  text,
  tryLogOn,
  type DirectoryFixture,
} from '../support/directory-fixture.ts';

let fixture: DirectoryFixture;
let directory: Directory;
let retirementOu: string;

beforeAll(async () => {
  fixture = await openDirectoryFixture();
  directory = createActiveDirectory(fixture.config);
  retirementOu = await makeOu(fixture);
});

afterAll(() => {
  directory?.close();
  fixture?.admin.destroy();
});

interface Made {
  readonly task: EstablishAccountInput;
  readonly password: string;
  readonly ref: AccountObjectInput;
  /** Addresses the object by its GUID. */
  readonly base: string;
}

async function make(overrides: Partial<EstablishAccountInput> = {}): Promise<Made> {
  const task = newTask(fixture, overrides);
  const password = newPassword();
  const { objectGuid } = await directory.establish(task, sensitive(password), attempt);
  return { task, password, ref: refTo(task, objectGuid), base: guidDn(objectGuid) };
}

const putAway = (ref: AccountObjectInput, retirementOrganizationalUnit: string | null = retirementOu) =>
  directory.quarantine({ ...ref, retirementOrganizationalUnit }, attempt);

async function isDisabled(base: string): Promise<boolean> {
  return (Number(text(await see(fixture, base), 'userAccountControl')) & 2) !== 0;
}

describe('an account', () => {
  it('comes back exactly as it was, each step done twice', async () => {
    const groups = [await makeGroup(fixture), await makeGroup(fixture)];
    const organizationalUnit = await makeOu(fixture);
    const { ref, base, task, password } = await make({ groups, organizationalUnit, attributes: { title: 'Robot' } });
    const before = await photograph(fixture, base);

    const captured = await directory.capture(ref, attempt);
    expect(captured).toMatchObject({ enabled: true, organizationalUnit, accountExpires: task.expiresAt });
    expect(captured.groups.map(({ distinguishedName }) => distinguishedName).sort()).toEqual([...groups].sort());
    expect(await photograph(fixture, base)).toEqual(before);

    for (let round = 0; round < 2; round += 1) {
      const away = await putAway(ref);
      expect(away).toEqual({
        objectGuid: ref.objectGuid,
        objectSid: expect.stringMatching(/^S-1-5-21-/),
        distinguishedName: `CN=${task.samAccountName},${retirementOu}`,
      });
    }
    const seen = await see(fixture, base);
    expect(text(seen, 'memberOf')).toBeUndefined();
    expect(await tryLogOn(fixture, task.samAccountName, password)).toBe('533');

    for (let round = 0; round < 2; round += 1) {
      const back = await directory.restore({ ...ref, captured }, attempt);
      expect(back).toMatchObject({ distinguishedName: before['dn']![0], missingGroups: [] });
      expect(await photograph(fixture, base)).toEqual(before);
    }
    expect(await tryLogOn(fixture, task.samAccountName, password)).toBe('ok');
  });

  it('that was disabled and never ends comes back as such, from where it is, without a retirement OU', async () => {
    const { ref, base } = await make({ expiresAt: null });
    await directory.setEnabled(ref, false, attempt);
    const before = await photograph(fixture, base);
    const captured = await directory.capture(ref, attempt);
    expect(captured).toMatchObject({ enabled: false, groups: [], accountExpires: null });
    expect((await putAway(ref, null)).distinguishedName).toBe(before['dn']![0]);
    await directory.applyExpiry({ ...ref, expiresAt: '2031-01-01T00:00:00.000Z' }, attempt);
    await directory.restore({ ...ref, captured }, attempt);
    expect(await photograph(fixture, base)).toEqual(before);
  });

  it('stays in its primary group, and in groups that others manage', async () => {
    const ours = await makeGroup(fixture);
    const theirs = `CN=Guests,CN=Builtin,${fixture.domain.baseDn}`;
    const { ref, base } = await make({ groups: [ours] });
    await fixture.admin.modify(theirs, [{ operation: 'add', type: 'member', values: [base] }]);
    const before = await photograph(fixture, base);
    const captured = await directory.capture(ref, attempt);
    expect(captured.groups).toHaveLength(2);
    for (let round = 0; round < 2; round += 1) await putAway(ref);
    const away = await photograph(fixture, base);
    expect(away['memberof']!.map((value) => Buffer.from(value, 'base64').toString())).toEqual([theirs]);
    expect(away['primarygroupid']).toEqual(before['primarygroupid']);
    expect(await directory.restore({ ...ref, captured }, attempt)).toMatchObject({ missingGroups: [] });
    expect(await photograph(fixture, base)).toEqual(before);
  });

  it('in quarantine can be changed, and deleted for good', async () => {
    const { ref, base } = await make({ groups: [await makeGroup(fixture)] });
    await putAway(ref);
    await directory.applyExpiry({ ...ref, expiresAt: null }, attempt);
    await directory.applyDescription({ ...ref, description: null }, attempt);
    await directory.setEnabled(ref, true, attempt);
    await directory.setEnabled(ref, false, attempt);
    // Its template's OU says nothing about where it is; its GUID does, and so does its name.
    const captured = await directory.capture({ ...ref, objectGuid: null }, attempt);
    expect(captured).toMatchObject({ enabled: false, organizationalUnit: retirementOu });
    for (let round = 0; round < 2; round += 1) await directory.delete(ref, attempt);
    expect(await see(fixture, base)).toBeUndefined();
  });
});

describe('an undo', () => {
  it('finds groups that were renamed and moved, and tells of those that are gone', async () => {
    const [renamed, gone] = [await makeGroup(fixture), await makeGroup(fixture)];
    const { ref, base } = await make({ groups: [renamed, gone] });
    const captured = await directory.capture(ref, attempt);
    await putAway(ref);
    const elsewhere = await makeOu(fixture);
    await fixture.admin.modifyDn(renamed, `CN=renamed,${elsewhere}`);
    await fixture.admin.delete(gone);
    for (let round = 0; round < 2; round += 1) {
      expect(await directory.restore({ ...ref, captured }, attempt)).toMatchObject({ missingGroups: [gone] });
    }
    expect(text(await see(fixture, base), 'memberOf')).toBe(`CN=renamed,${elsewhere}`);
    expect(await isDisabled(base)).toBe(false);
  });

  it('into an OU that is gone, or not managed, changes nothing and says why', async () => {
    const organizationalUnit = await makeOu(fixture);
    const { ref, base } = await make({ organizationalUnit });
    const captured = await directory.capture(ref, attempt);
    await putAway(ref);
    await fixture.admin.delete(organizationalUnit);
    const away = await photograph(fixture, base);
    expect(await failureOf(directory.restore({ ...ref, captured }, attempt))).toMatchObject({
      type: 'DirectoryRejected',
      message: expect.stringContaining(organizationalUnit),
    });
    const elsewhere = { ...captured, organizationalUnit: `CN=Users,${fixture.domain.baseDn}` };
    expect(await codeOf(directory.restore({ ...ref, captured: elsewhere }, attempt))).toBe('DirectoryAccessDenied');
    expect(await photograph(fixture, base)).toEqual(away);

    await fixture.admin.add(organizationalUnit, [{ type: 'objectClass', values: ['organizationalUnit'] }]);
    await directory.restore({ ...ref, captured }, attempt);
    expect(await isDisabled(base)).toBe(false);
  });
});

describe('a retirement OU', () => {
  it.each([
    ['is missing', (ou: string) => `OU=gone,${ou}`, 'DirectoryRejected'],
    ['is not managed', () => `CN=Users,${fixture.domain.baseDn}`, 'DirectoryAccessDenied'],
  ])('that %s is told before anything is changed', async (_how, ouOf, code) => {
    const { ref, base } = await make({ groups: [await makeGroup(fixture)] });
    const before = await photograph(fixture, base);
    expect(await codeOf(putAway(ref, ouOf(fixture.domain.accountsOu)))).toBe(code);
    expect(await photograph(fixture, base)).toEqual(before);
  });

  it('where another object has the name stops the move', async () => {
    const { ref, base, task } = await make();
    const namesake = `CN=${task.samAccountName},${retirementOu}`;
    await fixture.admin.add(namesake, [{ type: 'objectClass', values: ['contact'] }]);
    expect(await failureOf(putAway(ref))).toMatchObject({
      type: 'DirectoryNameConflict',
      message: expect.stringContaining(retirementOu),
    });
    expect(await isDisabled(base)).toBe(true);
    await fixture.admin.delete(namesake);
    expect((await putAway(ref)).distinguishedName).toBe(namesake);
  });

  it('may be inside the OU of the accounts, protected as the tools protect OUs', async () => {
    const organizationalUnit = await makeOu(fixture);
    const inside = await makeOu(fixture, organizationalUnit);
    await protectChildren(fixture, organizationalUnit);
    const { ref, base, task } = await make({ organizationalUnit });
    const captured = await directory.capture(ref, attempt);
    expect((await putAway(ref, inside)).distinguishedName).toBe(`CN=${task.samAccountName},${inside}`);
    await directory.restore({ ...ref, captured }, attempt);
    await directory.delete(ref, attempt);
    expect(await see(fixture, base)).toBeUndefined();
  });

  it('that the engine has no rights on is told as such', async () => {
    const elsewhere = await makeOu(fixture, fixture.domain.baseDn);
    const managedOus = [fixture.domain.accountsOu, elsewhere];
    const undelegated = createActiveDirectory({ ...fixture.config, managedOus });
    const { ref } = await make();
    const input = { ...ref, retirementOrganizationalUnit: elsewhere };
    expect(await codeOf(undelegated.quarantine(input, attempt))).toBe('DirectoryAccessDenied');
    undelegated.close();
    await fixture.admin.delete(elsewhere);
  });
});

describe("an object that is not the account's any more", () => {
  it('is neither captured nor put away nor put back', async () => {
    const { ref, base } = await make({ groups: [await makeGroup(fixture)] });
    const captured = await directory.capture(ref, attempt);
    await fixture.admin.modify(base, [{ operation: 'replace', type: 'info', values: ['mine now'] }]);
    const theirs = await photograph(fixture, base);
    const works = [
      () => directory.capture(ref, attempt),
      () => putAway(ref),
      () => directory.restore({ ...ref, captured: { ...captured, enabled: false } }, attempt),
      () => directory.applyDescription({ ...ref, description: 'x' }, attempt),
    ];
    for (const work of works) expect(await codeOf(work())).toBe('DirectoryObjectForeign');
    expect(await photograph(fixture, base)).toEqual(theirs);
    await fixture.admin.delete(base);
    for (const work of works) expect(await codeOf(work())).toBe('DirectoryObjectMissing');
  });
});
