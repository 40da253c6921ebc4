/** The directory port over one Active Directory domain: operations put together from controllers and steps. */
import { X509Certificate } from 'node:crypto';
import type { AccountObjectInput } from '../../../contracts/activities.ts';
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';
import type { Attempt, ControllerState, Directory } from '../port.ts';
import { applyDescription, applyExpiry, requireAccount, setEnabled } from './account-control.ts';
import type { AccountObject } from './account-object.ts';
import { assertSafeToConnect, createOpenConnection, type OpenConnection } from './connection.ts';
import { createControllers, type Controller } from './controllers.ts';
import { establish } from './establish.ts';
import { inspect } from './inspection.ts';
import { LdapError } from './ldap-error.ts';
import { domainDn, parseDn } from './names.ts';
import { createOperations } from './operations.ts';
import { findManager } from './people.ts';
import { capture, quarantine, restore } from './quarantine.ts';
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
  const operations = createOperations(controllers, unsettled);
  const changeAccount = (
    input: AccountObjectInput,
    attempt: Attempt,
    change: (controller: Controller, account: AccountObject) => Promise<void>,
  ): Promise<void> =>
    operations.runOnExisting(input, attempt, async (controller, report) => {
      report('change');
      await change(controller, await requireAccount(controller, input, domain));
    });

  return {
    fqdn: domain.fqdn,
    establish: (input, password, attempt) =>
      operations.run(input, attempt, (controller, report) =>
        establish(controller, input, password, { domain, unsettled, now, report }),
      ),
    setEnabled: (input, enabled, attempt) =>
      changeAccount(input, attempt, (controller, account) => setEnabled(controller, account, enabled)),
    applyExpiry: (input, attempt) =>
      changeAccount(input, attempt, (controller, account) => applyExpiry(controller, account, input.expiresAt)),
    applyDescription: (input, attempt) =>
      changeAccount(input, attempt, (controller, account) => applyDescription(controller, account, input.description)),
    capture: (input, attempt) =>
      operations.runOnExisting(input, attempt, (controller, report) => capture(controller, input, { domain, report })),
    quarantine: (input, attempt) =>
      operations.runOnExisting(input, attempt, (controller, report) =>
        quarantine(controller, input, { domain, report }),
      ),
    restore: (input, attempt) =>
      operations.runOnExisting(input, attempt, (controller, report) => restore(controller, input, { domain, report })),
    findManager: (samAccountName) =>
      operations.look(`the search for the manager of ${samAccountName}`, (controller) =>
        findManager(controller, domain.baseDn, samAccountName),
      ),
    inspect: (input) => operations.look('the check of a template', (controller) => inspect(controller, input, domain)),
    delete: (input, attempt) =>
      operations.run(input, attempt, (controller, report) =>
        remove(controller, input, { domain, controllers: controllers.all, unsettled, report }),
      ),
    selfCheck: () =>
      operations.look(`all work in ${domain.fqdn}`, (controller) => selfCheck(controller, domain, config.bindDn)),
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

async function probe(controller: Controller): Promise<ControllerState> {
  const { url } = controller;
  try {
    await controller.search({ base: '', scope: 'base', attributes: ['defaultNamingContext'] });
    return { url, problem: null };
  } catch (error) {
    return { url, problem: error instanceof LdapError ? error.message : 'an error that the engine does not know' };
  }
}
