import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { failure } from '../failure.ts';
import { createVaultActivities } from './activities.ts';
import type { SecretVault } from './port.ts';

const ACCOUNT = { accountId: '6f0c5a4e-52cb-4a4e-9d6b-2f8b7a1c0d11', domain: 'corp.example' };
const VAULT_PATH = 'folder/corp.example/svc-a';
const STAGE = { ...ACCOUNT, vaultPath: VAULT_PATH, username: 'svc-a', operationId: 'op-1', policy: {} };
const CREDENTIAL = { ...ACCOUNT, credential: { vaultPath: VAULT_PATH, version: 1, operationId: 'op-1' } };

/** A vault that records what it is asked, and does what `behaviour` says. */
function recordingVault(behaviour: Partial<SecretVault> = {}) {
  const asked: unknown[][] = [];
  const record =
    <Result>(name: string, result: Result) =>
    async (request: unknown): Promise<Result> => {
      asked.push([name, request]);
      return result;
    };
  const vault: SecretVault = {
    longestSuspensionDays: null,
    stage: record('stage', { version: 1 }),
    readStaged: record('readStaged', sensitive('p')),
    promote: record('promote', { version: 2 }),
    discard: record('discard', undefined),
    suspend: record('suspend', undefined),
    reinstate: record('reinstate', undefined),
    revoke: record('revoke', undefined),
    probe: async () => ({ ready: true }),
    ...behaviour,
  };
  return { vault, asked };
}

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await work.catch((caught: unknown) => caught);
  if (!(error instanceof ApplicationFailure)) throw new Error(`no failure: ${String(error)}`);
  return error;
}

describe('vault activities', () => {
  test('answer with paths and versions, and hand the vault whose secret it is', async () => {
    const { vault, asked } = recordingVault();
    const activities = createVaultActivities({ vault });
    const environment = new MockActivityEnvironment();
    const staged = await environment.run(activities.stageCredential, STAGE);
    expect(staged).toEqual({ vaultPath: VAULT_PATH, version: 1, operationId: 'op-1' });
    const promoted = await environment.run(activities.promoteCredential, CREDENTIAL);
    expect(promoted).toEqual({ vaultPath: VAULT_PATH, version: 2, operationId: 'op-1' });
    await environment.run(activities.discardCredential, CREDENTIAL);
    for (const name of ['suspendCredential', 'reinstateCredential', 'revokeCredential'] as const) {
      await environment.run(activities[name], { ...ACCOUNT, vaultPath: VAULT_PATH });
    }

    const ours = { accountId: ACCOUNT.accountId, vaultPath: VAULT_PATH };
    expect(asked.slice(1)).toEqual([
      ['promote', { ...ours, operationId: 'op-1' }],
      ['discard', { ...ours, operationId: 'op-1' }],
      ['suspend', ours],
      ['reinstate', ours],
      ['revoke', ours],
    ]);
    expect(asked[0]?.[1]).toMatchObject({ ...ours, username: 'svc-a', domain: 'corp.example', operationId: 'op-1' });
  });

  test('an inspection asks for the rights on any account of the folder, and a "no" is an answer', async () => {
    const paths: unknown[] = [];
    const answers = [{ ready: true }, { ready: false, code: 'VaultSealed', message: 'The vault is sealed.' }] as const;
    const { vault } = recordingVault({ probe: async (path) => answers[paths.push(path) - 1]! });
    const { inspectVault } = createVaultActivities({ vault });
    const environment = new MockActivityEnvironment();
    const input = { domain: 'Corp.Example', folder: 'folder' };
    expect(await environment.run(inspectVault, input)).toMatchObject({ ready: true, problem: null });
    expect(await environment.run(inspectVault, input)).toEqual({ ready: false, problem: 'The vault is sealed.' });
    expect(new Set(paths)).toEqual(new Set(['folder/corp.example/any-account']));
  });

  test('where requesters choose folders, an inspection asks for the rights below too', async () => {
    const DENIED = { ready: false, code: 'VaultAccessDenied', message: 'No right below.' } as const;
    const below = 'folder/corp.example/any-folder/any-account';
    const { vault } = recordingVault({ probe: async (path) => (path === below ? DENIED : { ready: true }) });
    const { inspectVault } = createVaultActivities({ vault });
    const environment = new MockActivityEnvironment();
    const input = { domain: 'corp.example', folder: 'folder' };
    expect(await environment.run(inspectVault, input)).toMatchObject({ ready: true, problem: null });
    const choosing = { ...input, mayChooseFolder: true };
    expect(await environment.run(inspectVault, choosing)).toEqual({ ready: false, problem: 'No right below.' });
  });

  test('the password follows the policy of the template', async () => {
    const lengths: number[] = [];
    const { vault } = recordingVault({
      stage: async ({ password }) => {
        lengths.push(password.reveal().length);
        return { version: 1 };
      },
    });
    const { stageCredential } = createVaultActivities({ vault });
    const environment = new MockActivityEnvironment();
    await environment.run(stageCredential, STAGE);
    await environment.run(stageCredential, { ...STAGE, policy: { length: 20 } });
    expect(lengths).toEqual([32, 20]);
  });

  test('input that is not understood is refused without telling what it was', async () => {
    const { vault, asked } = recordingVault();
    const { stageCredential } = createVaultActivities({ vault });
    const error = await failureOf(
      new MockActivityEnvironment().run(stageCredential, { ...STAGE, accountId: 'canary', policy: { length: 3 } }),
    );
    expect([error.type, error.nonRetryable]).toEqual(['InvalidRequest', true]);
    expect(error.details).toEqual([{ fields: 'accountId, policy.length' }]);
    expect(asked).toEqual([]);
  });

  test('failures of the catalogue pass; any other error loses what it says', async () => {
    const known = failure('VaultSealed', 'sealed');
    const environment = new MockActivityEnvironment();
    const throwing = (error: Error) =>
      createVaultActivities({
        vault: recordingVault({
          promote: async () => {
            throw error;
          },
        }).vault,
      });
    expect(await failureOf(environment.run(throwing(known).promoteCredential, CREDENTIAL))).toBe(known);
    const bug = new TypeError('cannot read canary-password');
    const error = await failureOf(environment.run(throwing(bug).promoteCredential, CREDENTIAL));
    expect(error.type).toBe('UnexpectedError');
    expect(JSON.stringify([error.message, error.details, error.stack])).not.toContain('canary');
    expect(error.details).toEqual([{ error: 'TypeError', at: expect.stringContaining('activities.test.ts') }]);
  });

  test('an attempt ends before the server gives up on it', async () => {
    const { vault } = recordingVault({
      discard: (_staged, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(failure('VaultUnavailable', 'late')));
        }),
    });
    const environment = new MockActivityEnvironment({ startToCloseTimeoutMs: 1_050 });
    const startedMs = performance.now();
    const error = await failureOf(environment.run(createVaultActivities({ vault }).discardCredential, CREDENTIAL));
    expect(error.type).toBe('VaultUnavailable');
    expect(performance.now() - startedMs).toBeLessThan(1_050);
  });
});
