import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import type { AccountObjectInput, EstablishAccountInput } from '../../contracts/activities.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { failure } from '../failure.ts';
import { createDirectoryActivities } from './activities.ts';
import type { Directory, Progress } from './port.ts';

const made = { objectGuid: 'guid', objectSid: 'S-1-5-21-1', distinguishedName: 'CN=svc-x' };
const captured = { enabled: true, organizationalUnit: 'OU=x,DC=corp', groups: [], accountExpires: null };
const ref: AccountObjectInput = {
  accountId: '00000000-0000-4000-8000-000000000000',
  domain: 'corp.example.com',
  objectGuid: null,
  samAccountName: 'svc-x',
  organizationalUnit: 'OU=x,DC=corp',
};
const task: EstablishAccountInput = {
  accountId: ref.accountId,
  domain: 'Corp.Example.COM',
  samAccountName: 'svc-x',
  organizationalUnit: ref.organizationalUnit,
  groups: [],
  mayChangePassword: false,
  description: null,
  expiresAt: null,
  credential: { vaultPath: 'a/b', version: 1, operationId: 'op' },
};

const ADDED_ON = { controller: 'ldaps://dc1', at: 1 };

function activitiesOver(overrides: Partial<Directory> = {}, admit = async (): Promise<void> => undefined) {
  const passwords: string[] = [];
  const directory: Directory = {
    fqdn: 'corp.example.com',
    establish: async (_input, password, attempt) => {
      attempt.report({ step: 'look', addedOn: null });
      attempt.report({ step: 'add', addedOn: ADDED_ON });
      attempt.report({ step: 'groups', addedOn: ADDED_ON });
      passwords.push(password.reveal());
      return made;
    },
    setEnabled: async () => undefined,
    applyExpiry: async () => undefined,
    applyDescription: async () => undefined,
    capture: async () => captured,
    quarantine: async () => made,
    restore: async () => ({ ...made, missingGroups: [] }),
    findManager: async (samAccountName) => `manager of ${samAccountName}`,
    inspect: async () => ({ problems: [], nameInUse: null }),
    delete: async () => undefined,
    selfCheck: async () => ({ outcome: 'ready', findings: [] }),
    probeControllers: async () => [],
    close: () => undefined,
    ...overrides,
  };
  const readStagedCredential = async ({ vaultPath }: { vaultPath: string }) => sensitive(`password at ${vaultPath}`);
  return { activities: createDirectoryActivities({ directory, admit, readStagedCredential }), passwords };
}

const run = <Input, Result>(activity: (input: Input) => Promise<Result>, input: Input): Promise<Result> =>
  new MockActivityEnvironment().run(activity, input);

describe('directory activities', () => {
  it('read the staged password themselves, and tell at once of an add and of nothing else', async () => {
    const { activities, passwords } = activitiesOver();
    const environment = new MockActivityEnvironment();
    const heartbeats: unknown[] = [];
    environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
    expect(await environment.run(activities.establishAccount, task)).toEqual(made);
    expect(passwords).toEqual(['password at a/b']);
    expect(heartbeats).toEqual([{ step: 'add', addedOn: ADDED_ON }]);
  });

  it('begin when they are let in, and not before', async () => {
    const shut = failure('DirectoryUnavailable', 'nobody knows yet');
    const { activities, passwords } = activitiesOver({}, () => Promise.reject(shut));
    const outcome = run(activities.establishAccount, task).catch((error: unknown) => error);
    expect(await outcome).toBe(shut);
    expect(passwords).toEqual([]);
  });

  it('hand on what the attempt before reported, and nothing that is no report', async () => {
    const seen: (Progress | null)[] = [];
    const { activities } = activitiesOver({
      delete: async (_input, attempt) => void seen.push(attempt.previous),
    });
    const previous = { step: 'add', addedOn: { controller: 'ldaps://a', at: 1 } };
    for (const heartbeatDetails of [previous, undefined, 'old', { step: 1 }]) {
      await new MockActivityEnvironment({ heartbeatDetails }).run(activities.deleteAccount, ref);
    }
    expect(seen).toEqual([previous, null, null, null]);
  });

  it('stop before the next step when they are given up', async () => {
    const environment = new MockActivityEnvironment();
    let wentOn = false;
    const { activities } = activitiesOver({
      delete: async (_input, attempt) => {
        environment.cancel();
        attempt.report({ step: 'delete', addedOn: null });
        wentOn = true;
      },
    });
    await expect(environment.run(activities.deleteAccount, ref)).rejects.toBeInstanceOf(CancelledFailure);
    expect(wentOn).toBe(false);
  });

  it('answer what the directory answers', async () => {
    const { activities } = activitiesOver();
    expect(await run(activities.captureAccount, ref)).toEqual(captured);
    expect(await run(activities.quarantineAccount, { ...ref, retirementOrganizationalUnit: null })).toEqual(made);
    expect(await run(activities.restoreAccount, { ...ref, captured })).toEqual({ ...made, missingGroups: [] });
    expect(await run(activities.findManager, { domain: ref.domain, samAccountName: 'anna' })).toEqual({
      manager: 'manager of anna',
    });
    const inspection = { domain: ref.domain, organizationalUnits: [], groups: [], samAccountName: null };
    expect(await run(activities.inspectDirectory, inspection)).toEqual({ problems: [], nameInUse: null });
    await run(activities.applyDescription, { ...ref, description: null });
  });

  it('read nothing in another domain either', async () => {
    const looked = run(activitiesOver().activities.findManager, { domain: 'other.example', samAccountName: 'anna' });
    await expect(looked).rejects.toMatchObject({ type: 'InvalidRequest', nonRetryable: true });
  });

  it.each([
    ['another domain', { ...ref, domain: 'other.example.com' }],
    ['a task without its fields', { domain: 'corp.example.com' }],
  ])('refuse %s', async (_what, input) => {
    const refused = run(activitiesOver().activities.disableAccount, input as AccountObjectInput);
    await expect(refused).rejects.toMatchObject({ type: 'InvalidRequest', nonRetryable: true });
  });

  it('ignore fields of newer control planes', async () => {
    const input = { ...ref, colour: 'blue' };
    await expect(run(activitiesOver().activities.disableAccount, input)).resolves.toBeUndefined();
  });

  it("pass the directory's failures on unchanged", async () => {
    const error = failure('DirectoryAccessDenied', 'no');
    const { activities } = activitiesOver({ setEnabled: () => Promise.reject(error) });
    const rejected = run(activities.enableAccount, ref).catch((reason: unknown) => reason);
    expect(await rejected).toBe(error);
    expect(error).toBeInstanceOf(ApplicationFailure);
  });
});
