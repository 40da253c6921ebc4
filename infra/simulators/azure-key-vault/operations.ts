/** The operations on one secret. Each answers 200 with what it returns, unless it throws a refusal. */
import { randomBytes } from 'node:crypto';
import { badParameter, conflict, forbidden, notFound } from './answer.ts';
import { bundle, deletion, newest, valueBundle, type VaultRules } from './bundles.ts';
import { assertSettled, type Sight, type Store, type StoredSecret } from './store.ts';
import { checkVersion, checkWindow, parseRestore, parseSet, parseUpdate } from './validation.ts';

export interface Operations {
  set(name: string, body: unknown): object;
  get(name: string, version?: string): object;
  update(name: string, version: string, body: unknown): object;
  remove(name: string): object;
  getDeleted(name: string): object;
  recover(name: string): object;
  purge(name: string): void;
  backup(name: string): object;
  restore(body: unknown): object;
}

/** The operations of the vendor's REST reference, on `store`. Names have been checked by the caller. */
export function createOperations(store: Store, rules: VaultRules, nowMs: () => number): Operations {
  const nowSeconds = () => Math.floor(nowMs() / 1_000);
  return {
    ...liveOperations(store, rules, nowSeconds),
    ...deletionOperations(store, rules, nowSeconds),
    ...backupOperations(store, rules),
  };
}

function liveOperations(
  store: Store,
  rules: VaultRules,
  nowSeconds: () => number,
): Pick<Operations, 'set' | 'get' | 'update'> {
  function set(name: string, body: unknown): object {
    const { value, metadata } = parseSet(body);
    checkWindow(metadata);
    const secret = writable(name, store.see(name)) ?? { name, versions: [] };
    const now = nowSeconds();
    const times = { created: now, updated: now };
    secret.versions.push({ id: randomBytes(16).toString('hex'), value, enabled: true, ...metadata, ...times });
    store.put(secret);
    return valueBundle(rules, secret, newest(secret));
  }

  function get(name: string, versionId?: string): object {
    if (versionId !== undefined) checkVersion(versionId);
    const secret = shownAs('active', name, store.see(name));
    const version = versionId === undefined ? newest(secret) : findVersion(secret, versionId);
    // nbf and exp do not hinder a read: the vendor calls them informational.
    if (!version.enabled) throw forbidden('Operation get is not allowed on a disabled secret.', 'SecretDisabled');
    return valueBundle(rules, secret, version);
  }

  function update(name: string, versionId: string, body: unknown): object {
    checkVersion(versionId);
    const { tags, ...rest } = parseUpdate(body);
    const sight = store.see(name);
    assertSettled(name, sight);
    const secret = shownAs('active', name, sight);
    const version = findVersion(secret, versionId);
    checkWindow({ ...version, ...rest });
    Object.assign(version, rest, tags === undefined ? {} : { tags }, { updated: nowSeconds() });
    return bundle(rules, secret, version);
  }

  return { set, get, update };
}

function deletionOperations(
  store: Store,
  rules: VaultRules,
  nowSeconds: () => number,
): Pick<Operations, 'remove' | 'getDeleted' | 'recover' | 'purge'> {
  const deletedBundle = (secret: StoredSecret) => ({
    ...deletion(rules, secret),
    ...bundle(rules, secret, newest(secret)),
  });

  function remove(name: string): object {
    const sight = store.see(name);
    assertSettled(name, sight);
    const secret = shownAs('active', name, sight);
    secret.deletedAt = nowSeconds();
    store.begin(secret, 'deleting');
    return deletedBundle(secret);
  }

  const getDeleted = (name: string) => deletedBundle(shownAs('deleted', name, store.see(name)));

  function recover(name: string): object {
    const secret = deletedAndSettled(name);
    secret.deletedAt = undefined;
    store.begin(secret, 'recovering');
    return bundle(rules, secret, newest(secret));
  }

  function purge(name: string): void {
    const secret = deletedAndSettled(name);
    // Public error reports show no inner code here; a client can tell it from a missing permission by recoveryLevel.
    if (rules.purgeProtection) throw forbidden('Operation purge is not allowed: purge protection is enabled.');
    store.begin(secret, 'purging');
  }

  function deletedAndSettled(name: string): StoredSecret {
    const sight = store.see(name);
    // An active secret is no deleted secret, however new it is.
    if (sight.shown !== 'active') assertSettled(name, sight);
    return shownAs('deleted', name, sight);
  }

  return { remove, getDeleted, recover, purge };
}

function backupOperations(store: Store, rules: VaultRules): Pick<Operations, 'backup' | 'restore'> {
  /** What backups hold, by the text that clients carry about: nothing in it can be read or made elsewhere. */
  const backups = new Map<string, StoredSecret>();

  function backup(name: string): object {
    const secret = shownAs('active', name, store.see(name));
    const value = randomBytes(96).toString('base64url');
    backups.set(value, structuredClone(secret));
    return { value };
  }

  function restore(body: unknown): object {
    const kept = backups.get(parseRestore(body));
    if (!kept) throw badParameter('This is no backup of this vault.');
    const sight = store.see(kept.name);
    if (writable(kept.name, sight)) throw conflict(kept.name);
    const secret = { ...structuredClone(kept), transition: undefined };
    store.put(secret);
    store.begin(secret, 'recovering');
    return bundle(rules, secret, newest(secret));
  }

  return { backup, restore };
}

/** The secret that a write would change; undefined when the name is free. Throws 409 when it is neither. */
function writable(name: string, sight: Sight): StoredSecret | undefined {
  assertSettled(name, sight);
  if (sight.shown === 'deleted') throw conflict(name, 'ObjectIsDeletedButRecoverable');
  return sight.secret;
}

/** The secret if reads show it in this state; throws 404 otherwise. */
export function shownAs(state: 'active' | 'deleted', name: string, { shown, secret }: Sight): StoredSecret {
  if (!secret || shown !== state) throw notFound(name);
  return secret;
}

function findVersion(secret: StoredSecret, id: string) {
  const version = secret.versions.find((candidate) => candidate.id === id);
  if (!version) throw notFound(`${secret.name}/${id}`);
  return version;
}
