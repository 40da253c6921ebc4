/** The directory port over one Active Directory domain: operations put together from controllers and steps. */
import { X509Certificate } from 'node:crypto';
import type { AccountObjectInput } from '../../../contracts/activities.ts';
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';
import { failure } from '../../failure.ts';
import type { Attempt, ControllerState, Directory } from '../port.ts';
import { applyExpiry, missingAccount, requireAccount, setEnabled } from './account-control.ts';
import { readByGuid, type AccountObject, type ManagedDomain } from './account-object.ts';
import { assertSafeToConnect, createOpenConnection, type OpenConnection } from './connection.ts';
import { createControllers, type Controller, type Controllers } from './controllers.ts';
import { establish } from './establish.ts';
import { toFailure } from './failures.ts';
import { isControllerTrouble, LdapError } from './ldap-error.ts';
import { domainDn, parseDn } from './names.ts';
import { remove } from './remove.ts';
import { selfCheck } from './self-check.ts';
import { createUnsettledAdds } from './unsettled-adds.ts';

export interface ActiveDirectoryConfig {
  readonly fqdn: string;
  /** `ldaps://host[:port]` of one or more writable controllers, the preferred one first. */
  readonly urls: readonly string[];
  /** The PEM text of the CA certificates that vouch for the controllers. */
  readonly ca: string;
  /** The DN of the engine's own account. */
  readonly bindDn: string;
  readonly bindPassword: Sensitive<string>;
  /** The DNs of the OUs that the engine may touch. */
  readonly managedOus: readonly string[];
  readonly connectTimeoutMs?: number;
  readonly operationTimeoutMs?: number;
  /** For how long only the controller that may have taken an add may make the account (replication, default 2 minutes). */
  readonly replicationGraceMs?: number;
}

export interface ActiveDirectoryDependencies {
  /** How connections are opened; tests wrap the real one to cut calls before, during and after. */
  readonly openConnection?: OpenConnection;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const DEFAULTS = { connectTimeoutMs: 5_000, operationTimeoutMs: 10_000, replicationGraceMs: 120_000 };
const IDLE_LIMIT_MS = 5 * 60_000;
const REJECTION_HOLD_MS = 5 * 60_000;

/** The real {@link OpenConnection} for `config`. */
export function openConnectionFor(config: ActiveDirectoryConfig): OpenConnection {
  return createOpenConnection({
    ca: config.ca,
    connectTimeoutMs: config.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs,
    operationTimeoutMs: config.operationTimeoutMs ?? DEFAULTS.operationTimeoutMs,
  });
}

/**
 * A directory over LDAPS. Opens no connection before the first operation. Throws a plain Error on a configuration that
 * could never work or would not be safe.
 */
export function createActiveDirectory(
  config: ActiveDirectoryConfig,
  { openConnection = openConnectionFor(config), now = Date.now }: ActiveDirectoryDependencies = {},
): Directory {
  assertConfig(config);
  const domain = { fqdn: config.fqdn.toLowerCase(), baseDn: domainDn(config.fqdn), managedOus: config.managedOus };
  const controllers = createControllers({
    urls: config.urls,
    identity: { name: config.bindDn, password: config.bindPassword },
    open: openConnection,
    idleLimitMs: IDLE_LIMIT_MS,
    rejectionHoldMs: REJECTION_HOLD_MS,
    now,
  });
  const unsettled = createUnsettledAdds(config.replicationGraceMs ?? DEFAULTS.replicationGraceMs, now);
  const inTurn = createTurns();

  /** One operation on one account: after the ones before it, on one controller, failing by the catalogue. */
  const run = <T>(
    input: { accountId: string; samAccountName: string },
    attempt: Attempt,
    work: (controller: Controller, report: (step: string) => void) => Promise<T>,
  ): Promise<T> =>
    inTurn(input.accountId, async () => {
      const report = (step: string): void => attempt.report({ step, addedOn: unsettled.find(input.accountId) ?? null });
      try {
        if (attempt.previous?.addedOn) unsettled.note(input.accountId, attempt.previous.addedOn);
        const preferredUrl = unsettled.find(input.accountId)?.controller;
        return await controllers.operate((controller) => work(controller, report), preferredUrl);
      } catch (error) {
        throw toFailure(error, input.samAccountName);
      }
    });
  const changeAccount = (
    input: AccountObjectInput,
    attempt: Attempt,
    change: (controller: Controller, account: AccountObject) => Promise<void>,
  ): Promise<void> =>
    run(input, attempt, async (controller, report) => {
      report('change');
      await assertReplicated(controller, input, controllers);
      await change(controller, await requireAccount(controller, input, domain));
    });

  return {
    fqdn: domain.fqdn,
    establish: (input, password, attempt) =>
      run(input, attempt, (controller, report) =>
        establish(controller, input, password, { domain, unsettled, now, report }),
      ),
    setEnabled: (input, enabled, attempt) =>
      changeAccount(input, attempt, (controller, account) => setEnabled(controller, account, enabled)),
    applyExpiry: (input, attempt) =>
      changeAccount(input, attempt, (controller, account) => applyExpiry(controller, account, input.expiresAt)),
    delete: (input, attempt) =>
      run(input, attempt, (controller, report) =>
        remove(controller, input, { domain, controllers: controllers.all, unsettled, report }),
      ),
    selfCheck: () => checkSelf(controllers, domain, config.bindDn),
    probeControllers: () => Promise.all(controllers.all.map(probe)),
    close: () => controllers.close(),
  };
}

function assertConfig(config: ActiveDirectoryConfig): void {
  assertSafeToConnect(config.urls);
  new X509Certificate(config.ca);
  if (config.managedOus.length === 0) throw new Error('no managed OU is given');
  config.managedOus.forEach(parseDn);
}

async function checkSelf(
  controllers: Controllers,
  domain: ManagedDomain,
  bindDn: string,
): ReturnType<Directory['selfCheck']> {
  try {
    return await controllers.operate((controller) => selfCheck(controller, domain, bindDn));
  } catch (error) {
    throw toFailure(error, `all work in ${domain.fqdn}`);
  }
}

async function probe(controller: Controller): Promise<ControllerState> {
  const { url } = controller;
  try {
    await controller.search({ base: '', scope: 'base', attributes: ['defaultNamingContext'] });
    return { url, problem: null };
  } catch (error) {
    return { url, problem: error instanceof LdapError ? error.message : 'an error that the engine does not know' };
  }
}

/** An account that one controller does not have yet is not missing while another has it. */
async function assertReplicated(here: Controller, input: AccountObjectInput, { all }: Controllers): Promise<void> {
  if (input.objectGuid === null || (await readByGuid(here, input.objectGuid))) return;
  for (const other of all.filter((controller) => controller !== here)) {
    const found = await readByGuid(other, input.objectGuid).catch((error: unknown) => {
      if (!isControllerTrouble(error)) throw error;
      return undefined;
    });
    if (!found) continue;
    const message = `The domain controller that answers does not know ${input.samAccountName} yet. It is tried again.`;
    throw failure('DirectoryUnavailable', message);
  }
  throw missingAccount(input.samAccountName);
}

/** Runs works on the same key one after the other: a given-up attempt may still be finishing a call. */
function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const result = (last.get(key) ?? Promise.resolve()).then(work, work);
    const settled = result
      .catch(() => undefined)
      .finally(() => {
        if (last.get(key) === settled) last.delete(key);
      });
    last.set(key, settled);
    return result;
  };
}
