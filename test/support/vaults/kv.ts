/** KV v2 on the stack's vault. */
import { createKvVault } from '../../../activities/vault/kv/store.ts';
import { createVaultFixture, FOLDER } from '../vault-fixture.ts';
import type { VaultSubject } from './subject.ts';

export async function kvSubject(stateFolder: string): Promise<VaultSubject> {
  const { mount, domain, config, fetch, admin, readData } = await createVaultFixture(stateFolder);

  const encoded = (vaultPath: string): string => vaultPath.split('/').map(encodeURIComponent).join('/');

  async function versionsOf(vaultPath: string): Promise<Readonly<Record<string, unknown>>[]> {
    const { data } = await admin('GET', `${mount}/metadata/${encoded(vaultPath)}`);
    const versions: Readonly<Record<string, unknown>>[] = [];
    for (const version of Object.keys(data['versions'] ?? {})) {
      const answer = await admin('GET', `${mount}/data/${encoded(vaultPath)}?version=${version}`);
      if (answer.status === 200) versions.push(answer.data['data'] as Record<string, unknown>);
    }
    return versions;
  }

  return {
    folder: `${FOLDER}/${domain}`,
    newVault: (faults) => createKvVault(config, faults ? { fetch: faults.fetch(fetch) } : {}),
    readFields: async (vaultPath) => readData(encoded(vaultPath)),
    async readablePasswords(vaultPath) {
      const fields = (await versionsOf(vaultPath)).flatMap((data) => [data['password'], data['password_pending']]);
      return [...new Set(fields.filter((password) => typeof password === 'string'))];
    },
    isGone: async (vaultPath) => (await admin('GET', `${mount}/metadata/${encoded(vaultPath)}`)).status === 404,
    async writeForeign(vaultPath, accountId) {
      const mark = accountId === undefined ? {} : { alm_account_id: accountId };
      await admin('POST', `${mount}/data/${encoded(vaultPath)}`, { data: { password: 'theirs', ...mark } });
    },
    async addField(vaultPath, name, value) {
      const data = { ...(await readData(encoded(vaultPath))), [name]: value };
      await admin('POST', `${mount}/data/${encoded(vaultPath)}`, { data });
    },
    close: async () => undefined,
  };
}
