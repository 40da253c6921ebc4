/** Looks at the vault from outside the product, under its root token. */
import type { Stack } from '../state.ts';

export interface StoredSecret {
  readonly version: number;
  readonly accountId: string | undefined;
  readonly password: string | undefined;
  readonly hasPending: boolean;
}

export interface VaultObserver {
  /** The newest version of the secret; undefined when there is none. `path` is below the mount. */
  read(path: string): Promise<StoredSecret | undefined>;
  /** Whether the vault knows the path at all: what was deleted can still be brought back while it does. */
  knows(path: string): Promise<boolean>;
  /** The names of the secrets in a folder. */
  list(folder: string): Promise<string[]>;
}

/** The `data` of the KV v2 engine's answers to reads and lists. */
interface KvAnswer {
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata?: { readonly version: number };
  readonly keys?: string[];
}

export function observeVault(stack: Pick<Stack, 'vaults'>): VaultObserver {
  const { address, token, mount } = stack.vaults[0]!;
  async function call(method: string, path: string): Promise<KvAnswer | undefined> {
    const headers = { 'x-vault-token': token };
    const response = await fetch(`${address}/v1/${mount}/${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(10_000),
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the vault answers ${response.status}`);
    return ((await response.json()) as { data: KvAnswer }).data;
  }
  return {
    async read(path) {
      const found = await call('GET', `data/${path}`);
      if (!found?.data || !found.metadata) return undefined;
      const { password, password_pending: pending, alm_account_id: accountId } = found.data;
      return { version: found.metadata.version, accountId, password, hasPending: typeof pending === 'string' };
    },
    knows: async (path) => (await call('GET', `metadata/${path}`)) !== undefined,
    list: async (folder) => (await call('LIST', `metadata/${folder}`))?.keys ?? [],
  };
}
