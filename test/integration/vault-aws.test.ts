/** AWS Secrets Manager: what is its own, beside what the conformance suite shows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { secretName } from '../../activities/vault/aws-secrets-manager/secret.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { awsSubject, type AwsSubject } from '../support/vaults/aws.ts';
import { codeOf, newRequest } from '../support/vaults/subject.ts';

let vaults: AwsSubject;
beforeAll(async () => {
  vaults = await awsSubject();
});
afterAll(async () => vaults.close());

const ask = () => newRequest(vaults.folder);

describe('trouble, told apart', () => {
  test('throttling passes by itself for a moment, and is told as unavailable when it lasts', async () => {
    vaults.faults.throttled = 2;
    expect(await codeOf(vaults.newVault().stage(ask()))).toBe('none');
    vaults.faults.throttled = 1_000;
    expect(await codeOf(vaults.newVault().stage(ask()))).toBe('VaultUnavailable');
    vaults.faults.throttled = 0;
  });

  test('a service that is not there', async () => {
    const vault = vaults.newVault(undefined, { endpoint: 'http://127.0.0.1:9' });
    expect(await codeOf(vault.stage(ask()))).toBe('VaultUnavailable');
    expect(await vault.probe()).toMatchObject({ ready: false, code: 'VaultUnavailable' });
  });

  test('an access key that nobody gave out', async () => {
    const credentials = { accessKeyId: 'AKIAOTHER', secretAccessKey: sensitive('wrong') };
    const vault = vaults.newVault(undefined, { credentials });
    expect(await codeOf(vault.stage(ask()))).toBe('VaultAccessDenied');
    expect(await vault.probe()).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
  });

  test('actions that the policy lacks are named by the probe, before an account needs them', async () => {
    const vault = vaults.newVault();
    const { vaultPath } = ask();
    expect(await vault.probe(vaultPath)).toEqual({ ready: true });
    vaults.faults.denied = ['PutSecretValue', 'DeleteSecret'];
    const probe = await vault.probe(vaultPath);
    const code = await codeOf(vault.stage(ask()));
    vaults.faults.denied = [];
    expect(probe).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
    expect(JSON.stringify(probe)).toContain(
      'secretsmanager:PutSecretValue, secretsmanager:DeleteSecret on vault-tests/',
    );
    expect(code).toBe('VaultAccessDenied');
  });

  test('the probe leaves nothing behind, and touches no secret', async () => {
    const vault = vaults.newVault();
    const request = ask();
    await vault.stage(request);
    await vault.promote(request);
    expect(await vault.probe(request.vaultPath)).toEqual({ ready: true });
    expect(await vault.probe()).toEqual({ ready: true });
    expect((await vaults.readFields(request.vaultPath))?.['password']).toBe(request.password.reveal());
    expect(await vaults.isGone(`${vaults.folder}/=nobody`)).toBe(true);
  });

  test('a name that is not free yet after a deletion', async () => {
    vaults.faults.namesKept = 1;
    const request = ask();
    expect(await codeOf(vaults.newVault().stage(request))).toBe('VaultUnavailable');
    expect(await codeOf(vaults.newVault().stage(request))).toBe('none');
  });
});

test('a secret that people have scheduled for deletion comes back with the next change of its password', async () => {
  const vault = vaults.newVault();
  const request = ask();
  await vault.stage(request);
  await vault.promote(request);
  await vault.suspend(request);
  expect(await codeOf(vault.promote(request))).toBe('VaultSecretMissing');
  const next = { ...request, operationId: 'the-next-change', password: sensitive('Next-password-1') };
  await vault.stage(next);
  expect((await vaults.readFields(request.vaultPath))?.['password']).toBe(request.password.reveal());
  await vault.promote(next);
  expect((await vaults.readFields(request.vaultPath))?.['password']).toBe('Next-password-1');
});

test('a password that people have replaced is not promoted over', async () => {
  const vault = vaults.newVault();
  const request = ask();
  await vault.stage(request);
  await vault.promote(request);
  await vaults.addField(request.vaultPath, 'password', 'theirs');
  expect(await codeOf(vault.promote(request))).toBe('VaultSecretMissing');
  expect((await vaults.readFields(request.vaultPath))?.['password']).toBe('theirs');
});

test('secrets are told by name, tag and labels; no password is outside of the values', async () => {
  const vault = vaults.newVault();
  const request = ask();
  await vault.stage(request);
  await vault.promote(request);
  const { region, endpoint } = vaults.config;
  const credentials = { accessKeyId: 'AKIAENGINE', secretAccessKey: 'of-the-tests' };
  const people = new SecretsManagerClient({ region, endpoint: endpoint!, credentials });
  const described = await people.send(new DescribeSecretCommand({ SecretId: secretName(request.vaultPath) }));
  people.destroy();
  expect(described.Tags).toEqual([{ Key: 'alm_account_id', Value: request.accountId }]);
  expect(JSON.stringify(described)).not.toContain(request.password.reveal());
});
