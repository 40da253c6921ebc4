/** What a running stack says of itself: `stack.json` in its state folder. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { underLock } from './lock.ts';

export const ROLES = ['api', 'control-plane', 'engine', 'temporal', 'postgres', 'samba', 'vault'] as const;
export type ProcessRole = (typeof ROLES)[number];

export const TOKEN_NAMES = ['requester', 'approver1', 'approver2', 'approver3', 'owner', 'administrator'] as const;
export type TokenName = (typeof TOKEN_NAMES)[number];

export interface StackDomain {
  readonly fqdn: string;
  readonly ldapsUrls: readonly string[];
  readonly caFile: string;
  readonly baseDn: string;
  readonly accountsOu: string;
  readonly administratorDn: string;
  readonly administratorPassword: string;
  readonly taskQueue: string;
}

export interface StackProcess {
  readonly role: ProcessRole;
  readonly domain?: string;
  readonly pid: number;
  readonly logFile: string;
}

export interface Stack {
  readonly api?: { readonly url: string; readonly tokens: Readonly<Record<TokenName, string>> };
  readonly temporal?: {
    readonly address: string;
    readonly namespace: string;
    /** Null where time can be skipped: that server has no pages, and its data is in memory. */
    readonly uiUrl: string | null;
    readonly databaseFile: string | null;
  };
  /** Where time can be skipped: the file that says by how many milliseconds it was. */
  readonly play?: { readonly clockFile: string };
  readonly postgres?: { readonly url: string };
  readonly domains: readonly StackDomain[];
  readonly vaults: readonly {
    readonly kind: 'openbao';
    readonly address: string;
    readonly token: string;
    readonly mount: string;
  }[];
  readonly processes: readonly StackProcess[];
}

/** What an engine of a domain logs on with; in `engines/<fqdn>.json` of the state folder. */
export interface EngineCredentials {
  readonly bindDn: string;
  readonly bindPasswordFile: string;
  readonly vaultRoleId: string;
  readonly vaultSecretIdFile: string;
}

/** The stack of a state folder. Throws when there is none. */
export async function readStack(stateFolder: string): Promise<Stack> {
  return JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8')) as Stack;
}

/** Writes the first `stack.json` of a state folder. */
export async function writeStack(stateFolder: string, stack: Stack): Promise<void> {
  await writePrivately(join(stateFolder, 'stack.json'), `${JSON.stringify(stack, null, 2)}\n`);
}

/** Changes `stack.json`: one change at a time, and readers see it before or after, never in between. */
export async function updateStack(stateFolder: string, change: (stack: Stack) => Stack): Promise<void> {
  const task = async (): Promise<void> => writeStack(stateFolder, change(await readStack(stateFolder)));
  await underLock(stateFolder, task, { timeoutMs: 30_000 });
}

/** Writes a file that only its owner may read, whole or not at all. */
export async function writePrivately(path: string, text: string): Promise<void> {
  // Two may write the same file at once, also in one process.
  const draft = `${path}.${randomUUID()}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}
