/** That "not on this controller" is never taken for "gone": afterwards the only copy of the password is thrown away. */
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { accountMarker } from '../../../contracts/ids.ts';
import type { LdapEntry } from './connection.ts';
import type { Controller } from './controllers.ts';
import { showDeleted } from './controls.ts';
import { guidDn, guidFromString, sidFromString } from './encodings.ts';
import { isControllerTrouble, resultError, transportError } from './ldap-error.ts';
import { remove } from './remove.ts';
import { createUnsettledAdds } from './unsettled-adds.ts';

const OU = 'OU=Managed,DC=corp,DC=example';
const DOMAIN = { fqdn: 'corp.example', baseDn: 'DC=corp,DC=example', managedOus: [OU] };
const GUID = '3f1f5b0e-7a51-4d4e-9d0a-5a5a5a5a5a5a';
const ACCOUNT_ID = '6f0c5a4e-52cb-4a4e-9d6b-2f8b7a1c0d11';
const INPUT = { accountId: ACCOUNT_ID, domain: DOMAIN.fqdn, samAccountName: 'svc-a', organizationalUnit: OU };
const BY_GUID = { ...INPUT, objectGuid: GUID };
const BY_NAME = { ...INPUT, objectGuid: null };

type Copy = 'alive' | 'tombstone' | 'none';

interface Faults {
  /** Instead of any answer to a search. */
  readonly trouble?: Error;
  /** Instead of the answer to a delete. */
  readonly refuseDelete?: Error;
  /** Somebody deletes the object after this many searches. */
  readonly searchesUntilGone?: number;
}

/** A controller with its own copy of the account's object. */
function fakeController(url: string, copy: Copy, faults: Faults = {}) {
  const calls: string[] = [];
  let state = copy;
  const entry = (): LdapEntry => ({
    dn: `CN=svc-a,${OU}`,
    attributes: {
      objectguid: [guidFromString(GUID)],
      objectsid: [sidFromString('S-1-5-21-1-2-3-1104')],
      objectclass: ['top', 'person', 'organizationalPerson', 'user'].map((name) => Buffer.from(name)),
      samaccountname: [Buffer.from('svc-a')],
      info: [Buffer.from(accountMarker(ACCOUNT_ID))],
      useraccountcontrol: [Buffer.from('514')],
      ...(state === 'tombstone' ? { isdeleted: [Buffer.from('TRUE')] } : {}),
    },
  });
  const controller: Controller = {
    url,
    async search({ scope, base, controls = [] }) {
      if (faults.trouble) throw faults.trouble;
      if (calls.filter((call) => call === 'search').length === faults.searchesUntilGone) state = 'none';
      calls.push('search');
      const asksForDeleted = controls.some(({ type }) => type === showDeleted().type);
      if (state === 'alive' || (state === 'tombstone' && asksForDeleted && base === guidDn(GUID))) return [entry()];
      if (scope === 'base') throw resultError('search', 32, '');
      return [];
    },
    async delete() {
      calls.push('delete');
      state = 'tombstone';
      if (faults.refuseDelete) throw faults.refuseDelete;
    },
    add: async () => void calls.push('add'),
    modify: async () => void calls.push('modify'),
    modifyDn: async () => void calls.push('modifyDn'),
    logOn: async () => void calls.push('logOn'),
  };
  return { controller, calls };
}

type Fake = ReturnType<typeof fakeController>;

const here = (copy: Copy, faults?: Faults): Fake => fakeController('ldaps://one', copy, faults);
const there = (copy: Copy, faults?: Faults): Fake => fakeController('ldaps://two', copy, faults);

/** What `remove` on the first controller ends in, and whether the account is settled then. */
async function removal(one: Fake, two: Fake, input: typeof BY_GUID | typeof BY_NAME, addedOn = 'ldaps://one') {
  const unsettled = createUnsettledAdds(60_000, () => 0);
  unsettled.note(ACCOUNT_ID, { controller: addedOn, at: 0 });
  const context = { domain: DOMAIN, controllers: [one.controller, two.controller], unsettled, report: () => undefined };
  const outcome = await remove(one.controller, input, context).then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof ApplicationFailure) return String(error.type);
      return isControllerTrouble(error) ? 'no answer' : String(error);
    },
  );
  return { outcome, isSettled: unsettled.find(ACCOUNT_ID) === undefined };
}

const DONE = { outcome: 'done', isSettled: true };
const NOT_IN_STEP = { outcome: 'DirectoryUnavailable', isSettled: false };
const AWAY = { trouble: transportError('search', 'ECONNREFUSED') };

describe.each([
  ['by its GUID', BY_GUID],
  ['by its name, as its GUID was never heard', BY_NAME],
])('an account that this controller does not have, looked for %s', (_how, input) => {
  it('is not gone while another controller has it', async () => {
    const two = there('alive');
    expect(await removal(here('none'), two, input)).toEqual(NOT_IN_STEP);
    expect(two.calls, 'an operation writes on one controller').not.toContain('delete');
  });

  it('is gone when no controller has it', async () => {
    const two = there('none');
    expect(await removal(here('none'), two, input)).toEqual(DONE);
    expect(two.calls).toContain('search');
  });

  it('is gone where tombstones are all there is', async () => {
    expect(await removal(here('tombstone'), there('tombstone'), input)).toEqual(DONE);
    expect(await removal(here('tombstone'), there('alive'), input)).toEqual(NOT_IN_STEP);
  });

  it('is gone although a controller that never heard of it is away', async () => {
    expect(await removal(here('none'), there('none', AWAY), input)).toEqual(DONE);
  });

  it('is not gone while the controller is away that may have made it', async () => {
    const outcome = await removal(here('none'), there('alive', AWAY), input, 'ldaps://two');
    expect(outcome).toEqual({ outcome: 'no answer', isSettled: false });
  });

  it('is not gone when another controller refuses to say', async () => {
    const refusing = there('alive', { trouble: resultError('search', 50, '') });
    expect(await removal(here('none'), refusing, input)).toMatchObject({ isSettled: false });
  });
});

describe('an account that this controller has', () => {
  it('is deleted here, and that counts', async () => {
    const one = here('alive');
    expect(await removal(one, there('alive'), BY_GUID)).toEqual(DONE);
    expect(one.calls.at(-1)).toBe('delete');
  });

  const copies: [string, Copy, object][] = [
    ['is gone when no other has it either', 'none', DONE],
    ['is not gone while another has it', 'alive', NOT_IN_STEP],
  ];
  it.each(copies)('and that says "no such object" to the delete %s', async (_case, copy, expected) => {
    const one = here('alive', { refuseDelete: resultError('delete', 32, '') });
    expect(await removal(one, there(copy), BY_NAME)).toEqual(expected);
  });

  it.each(copies)('and that somebody deletes while it is looked at %s', async (_case, copy, expected) => {
    const one = here('alive', { searchesUntilGone: 1 });
    expect(await removal(one, there(copy), BY_GUID)).toEqual(expected);
    expect(one.calls).not.toContain('delete');
  });
});
