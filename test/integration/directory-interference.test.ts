/** Somebody else writes to the directory at the worst moment: nothing of theirs is overwritten, nothing is believed unread. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createActiveDirectory,
  openConnectionFor,
} from '../../activities/directory/active-directory/active-directory.ts';
import type { LdapChange, LdapEntry, OpenConnection } from '../../activities/directory/active-directory/connection.ts';
import { SecurityDescriptorFlags } from '../../activities/directory/active-directory/controls.ts';
import { guidDn } from '../../activities/directory/active-directory/encodings.ts';
import {
  buildSecurityDescriptor,
  mayChangePassword,
  parseSecurityDescriptor,
  withPasswordChange,
} from '../../activities/directory/active-directory/security-descriptor.ts';
import type { Directory } from '../../activities/directory/port.ts';
import type { EstablishAccountInput } from '../../contracts/activities.ts';
import { provisioningMarker } from '../../contracts/ids.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import {
  attempt,
  failureOf,
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
let open: OpenConnection;

beforeAll(async () => {
  fixture = await openDirectoryFixture();
  open = openConnectionFor(fixture.config);
});

afterAll(() => fixture?.admin.destroy());

/** Runs `work` with a directory over such connections. */
async function over<T>(openConnection: OpenConnection, work: (directory: Directory) => Promise<T>): Promise<T> {
  const directory = createActiveDirectory(fixture.config, { openConnection });
  try {
    return await work(directory);
  } finally {
    directory.close();
  }
}

const undisturbed = <T>(work: (directory: Directory) => Promise<T>): Promise<T> => over(open, work);

const establishing =
  (task: EstablishAccountInput, password = newPassword()) =>
  (directory: Directory) =>
    directory.establish(task, sensitive(password), attempt);

const DELETION = 'the whole object';

/** Connections where somebody acts once, before or after the first write whose attributes (or DELETION) are `chosen`. */
function meddled(
  moment: 'before' | 'after',
  chosen: (attributes: readonly string[]) => boolean,
  meddle: () => Promise<unknown>,
): OpenConnection {
  let done = false;
  const write = async (attributes: readonly string[], send: () => Promise<void>): Promise<void> => {
    const isNow = !done && chosen(attributes);
    if (isNow) done = true;
    if (isNow && moment === 'before') await meddle();
    await send();
    if (isNow && moment === 'after') await meddle();
  };
  return async (url, identity) => {
    const connection = await open(url, identity);
    return {
      ...connection,
      modify: (dn, changes, controls) =>
        write(
          changes.map(({ type }) => type),
          () => connection.modify(dn, changes, controls),
        ),
      delete: (dn) => write([DELETION], () => connection.delete(dn)),
    };
  };
}

const dnOf = (task: EstablishAccountInput): string => `CN=${task.samAccountName},${task.organizationalUnit}`;

async function asAdmin(dn: string, change: LdapChange): Promise<void> {
  await fixture.admin.modify(dn, [change]);
}

const replace = (type: string, value: string): LdapChange => ({ operation: 'replace', type, values: [value] });

async function readDescriptor(dn: string) {
  const controls = [new SecurityDescriptorFlags()];
  const request = { base: dn, scope: 'base', attributes: ['nTSecurityDescriptor'], controls } as const;
  const [entry] = await fixture.admin.search(request);
  return parseSecurityDescriptor(entry!.attributes['ntsecuritydescriptor']![0]!);
}

async function allowPasswordChange(dn: string): Promise<void> {
  const values = [buildSecurityDescriptor(withPasswordChange(await readDescriptor(dn), true))];
  await fixture.admin.modify(
    dn,
    [{ operation: 'replace', type: 'nTSecurityDescriptor', values }],
    [new SecurityDescriptorFlags()],
  );
}

async function isDisabled(dn: string): Promise<boolean> {
  return (Number(text(await see(fixture, dn), 'userAccountControl')) & 2) !== 0;
}

const isControl = (attributes: readonly string[]): boolean => attributes.includes('userAccountControl');

describe('an object that somebody took over between the look and the write', () => {
  it('is not enabled as if it were the one that was made', async () => {
    const task = newTask(fixture);
    const takeOver = () => asAdmin(dnOf(task), replace('info', 'mine now'));
    const failed = await failureOf(over(meddled('before', isControl, takeOver), establishing(task)));
    expect(failed?.type).toBe('DirectoryObjectForeign');
    expect(text(await see(fixture, dnOf(task)), 'info')).toBe('mine now');
    expect(await isDisabled(dnOf(task))).toBe(true);
    await fixture.admin.delete(dnOf(task));
  });

  it.each([true, false])('keeps its control bits (enabled: %s)', async (enabled) => {
    const task = newTask(fixture);
    const { objectGuid } = await undisturbed(establishing(task));
    const ref = refTo(task, objectGuid);
    if (enabled) await undisturbed((directory) => directory.setEnabled(ref, false, attempt));
    const takeOver = () => asAdmin(guidDn(objectGuid), replace('info', 'mine now'));
    const codes = await over(meddled('before', isControl, takeOver), async (directory) => {
      const first = await failureOf(directory.setEnabled(ref, enabled, attempt));
      return [first?.type, (await failureOf(directory.setEnabled(ref, enabled, attempt)))?.type];
    });
    // The first write fails as a whole; the next look tells why.
    expect(codes).toEqual(['DirectoryReadBackMismatch', 'DirectoryObjectForeign']);
    expect(await isDisabled(guidDn(objectGuid))).toBe(enabled);
    expect(text(await see(fixture, guidDn(objectGuid)), 'info')).toBe('mine now');
    await fixture.admin.delete(guidDn(objectGuid));
  });

  it('is not deleted', async () => {
    const task = newTask(fixture);
    const { objectGuid } = await undisturbed(establishing(task));
    const takeOver = () => asAdmin(guidDn(objectGuid), replace('info', 'mine now'));
    // The last write before the deletion confirms the mark and nothing else.
    const isLast = (attributes: readonly string[]) => attributes.every((type) => type === 'info' || type === DELETION);
    const codes = await over(meddled('before', isLast, takeOver), async (directory) => {
      const first = await failureOf(directory.delete(refTo(task, objectGuid), attempt));
      return [first?.type, (await failureOf(directory.delete(refTo(task, objectGuid), attempt)))?.type];
    });
    expect(codes).toEqual(['DirectoryReadBackMismatch', 'DirectoryObjectForeign']);
    expect(text(await see(fixture, guidDn(objectGuid)), 'info')).toBe('mine now');
    await fixture.admin.delete(guidDn(objectGuid));
  });
});

describe('what somebody undid right after it was written', () => {
  const isDescriptor = (attributes: readonly string[]) => attributes.includes('nTSecurityDescriptor');
  const isMember = (attributes: readonly string[]) => attributes.includes('member');

  it.each<[string, (attributes: readonly string[]) => boolean, (task: EstablishAccountInput) => Promise<void>]>([
    ['description', isDescriptor, (task) => asAdmin(dnOf(task), replace('description', 'changed'))],
    ['nTSecurityDescriptor', isDescriptor, (task) => allowPasswordChange(dnOf(task))],
    [
      'memberOf',
      isMember,
      (task) => asAdmin(task.groups[0]!, { operation: 'delete', type: 'member', values: [dnOf(task)] }),
    ],
    ['info', isControl, (task) => asAdmin(dnOf(task), replace('info', provisioningMarker(task.accountId)))],
    ['pwdLastSet', isControl, (task) => asAdmin(dnOf(task), replace('pwdLastSet', '0'))],
    ['userAccountControl', isControl, (task) => asAdmin(dnOf(task), replace('userAccountControl', '512'))],
  ])('is noticed and mended by the next attempt: %s', async (what, chosen, undo) => {
    const task = newTask(fixture, { groups: [await makeGroup(fixture)] });
    const failed = await failureOf(
      over(
        meddled('after', chosen, () => undo(task)),
        establishing(task),
      ),
    );
    expect(failed).toMatchObject({ type: 'DirectoryReadBackMismatch', details: [{ what }] });
    if (chosen !== isControl) expect(await isDisabled(dnOf(task))).toBe(true);

    const password = newPassword();
    const { objectGuid } = await undisturbed(establishing(task, password));
    const seen = await see(fixture, dnOf(task));
    expect(Number(text(seen, 'userAccountControl'))).toBe(0x110200);
    expect(text(seen, 'description')).toBe('made by a test');
    expect(text(seen, 'memberOf')).toBe(task.groups[0]);
    expect(mayChangePassword(await readDescriptor(dnOf(task)))).toBe(false);
    expect(await tryLogOn(fixture, task.samAccountName, password)).toBe('ok');
    await undisturbed((directory) => directory.delete(refTo(task, objectGuid), attempt));
  });
});

describe('two objects of one name, as after two controllers took an add each', () => {
  /** Connections whose searches of the whole domain answer as `distort` makes it: one controller alone makes no twins. */
  const distorted =
    (distort: (found: LdapEntry[]) => LdapEntry[]): OpenConnection =>
    async (url, identity) => {
      const connection = await open(url, identity);
      return {
        ...connection,
        async search(request) {
          const found = await connection.search(request);
          return request.scope === 'sub' ? distort(found) : found;
        },
      };
    };
  const renamed = (entry: LdapEntry): LdapEntry => ({
    ...entry,
    dn: entry.dn.replace(/^CN=([^,]+)/, `CN=$1\\0ACNF:${guidOf(entry)}`),
  });

  it.each<[string, (found: LdapEntry[]) => LdapEntry[]]>([
    ['a second object beside ours', (found) => found.flatMap((entry) => [entry, renamed(entry)])],
    ['ours is the one that was renamed', (found) => found.map(renamed)],
  ])('stop the work before anything is enabled: %s', async (_what, distort) => {
    const task = newTask(fixture);
    expect((await failureOf(over(distorted(distort), establishing(task))))?.type).toBe('DirectoryNameConflict');
    const made = await see(fixture, dnOf(task), ['*', 'uSNChanged']);
    expect(Number(text(made, 'userAccountControl')) & 2).toBe(2);
    expect((await failureOf(over(distorted(distort), establishing(task))))?.type).toBe('DirectoryNameConflict');
    expect(await see(fixture, dnOf(task), ['*', 'uSNChanged'])).toEqual(made);
    await undisturbed((directory) => directory.delete(refTo(task, null), attempt));
  });
});

it('an account that wrong log-ons locked is unlocked when its work is taken up again', async () => {
  const task = newTask(fixture);
  const { objectGuid } = await undisturbed(establishing(task));
  await asAdmin(fixture.domain.baseDn, replace('lockoutThreshold', '2'));
  try {
    for (let wrong = 0; wrong < 3; wrong += 1) await tryLogOn(fixture, task.samAccountName, 'wrong');
    const lockedAt = async () => Number(text(await see(fixture, guidDn(objectGuid), ['lockoutTime']), 'lockoutTime'));
    expect(await lockedAt()).toBeGreaterThan(0);
    const password = newPassword();
    await undisturbed(establishing(task, password));
    expect(await lockedAt()).toBe(0);
    expect(await tryLogOn(fixture, task.samAccountName, password)).toBe('ok');
  } finally {
    await asAdmin(fixture.domain.baseDn, replace('lockoutThreshold', '0'));
  }
  await undisturbed((directory) => directory.delete(refTo(task, objectGuid), attempt));
});
