import { rootCertificates } from 'node:tls';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import type { LdapConnection, OpenConnection } from '../activities/directory/active-directory/connection.ts';
import { sidFromString } from '../activities/directory/active-directory/encodings.ts';
import { transportError } from '../activities/directory/active-directory/ldap-error.ts';
import type { AccountObjectInput } from '../contracts/activities.ts';
import { sensitive } from '../infra/runtime/sensitive.ts';
import { composeEngine, type EngineConfiguration } from './compose-engine.ts';

const BIND_DN = 'CN=engine,DC=corp,DC=example,DC=com';
const DOMAIN_ADMINS = 'S-1-5-21-1-2-3-512';
const ACCOUNT: AccountObjectInput = {
  accountId: '00000000-0000-4000-8000-000000000000',
  domain: 'corp.example.com',
  objectGuid: '11111111-1111-4111-8111-111111111111',
  samAccountName: 'svc-x',
  organizationalUnit: 'OU=Accounts,DC=corp,DC=example,DC=com',
};

/** An engine whose only way to a domain is `openConnection`. */
async function engineOver(openConnection: OpenConnection) {
  const configuration = {
    domain: 'corp.example.com',
    ldapsUrls: ['ldaps://dc1.corp.example.com'],
    ldapCaPem: rootCertificates[0]!,
    ldapBindDn: BIND_DN,
    ldapBindPassword: sensitive('p'),
    managedOus: [ACCOUNT.organizationalUnit],
    vaultKind: 'kv',
    vaultAuth: 'approle',
    vaultAddress: 'https://vault.example.com',
    vaultMount: 'secret',
    vaultRoleId: 'role',
    vaultSecretId: sensitive('s'),
  } as unknown as EngineConfiguration;
  return composeEngine(configuration, { openConnection });
}

/** A connection that knows the engine's own account only, as a member of `groups`; it records the bases looked at. */
function connectionAs(groups: readonly string[], seen: string[]): LdapConnection {
  const write = (what: string) => async () => void seen.push(what);
  return {
    isUsable: () => true,
    add: write('add'),
    modify: write('modify'),
    modifyDn: write('modifyDn'),
    delete: write('delete'),
    destroy: () => undefined,
    search: async ({ base }) => {
      seen.push(base);
      return base === BIND_DN ? [{ dn: base, attributes: { tokengroups: groups.map(sidFromString) } }] : [];
    },
  };
}

async function disable(engine: Awaited<ReturnType<typeof engineOver>>, info = {}): Promise<unknown> {
  const environment = new MockActivityEnvironment(info);
  return environment.run(engine.activities.disableAccount, ACCOUNT).catch((error: unknown) => error);
}

const LOOKS_FOR_ACCOUNT = /^<GUID=/;

test('no step runs with an account that is too powerful', async () => {
  const seen: string[] = [];
  const engine = await engineOver(async () => connectionAs([DOMAIN_ADMINS], seen));
  expect(await disable(engine)).toMatchObject({ type: 'EngineOffline', nonRetryable: false });
  expect(seen).toContain(BIND_DN);
  expect(seen.filter((what) => LOOKS_FOR_ACCOUNT.test(what))).toEqual([]);
});

test('a step that comes before the check makes it, and then goes on', async () => {
  const seen: string[] = [];
  const engine = await engineOver(async () => connectionAs(['S-1-5-21-1-2-3-1104'], seen));
  expect(await disable(engine)).toMatchObject({ type: 'DirectoryObjectMissing' });
  const firstLook = seen.findIndex((what) => LOOKS_FOR_ACCOUNT.test(what));
  expect(seen.indexOf(BIND_DN)).toBe(0);
  expect(firstLook).toBeGreaterThan(0);
});

test('a domain that is away is told as such, and one that is silent before the attempt ends', async () => {
  const away = await engineOver(() => Promise.reject(transportError('bind', 'ECONNREFUSED')));
  expect(await disable(away)).toMatchObject({ type: 'DirectoryUnavailable', nonRetryable: false });
  const silent = await engineOver(() => new Promise(() => undefined));
  const startedMs = performance.now();
  expect(await disable(silent, { startToCloseTimeoutMs: 1_200 })).toMatchObject({ type: 'DirectoryUnavailable' });
  expect(performance.now() - startedMs).toBeLessThan(1_200);
});
