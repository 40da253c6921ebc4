/** What an engine is made of: the directory of one domain, the vault, and their activities. */
import { createDirectoryActivities } from '../activities/directory/activities.ts';
import { createActiveDirectory } from '../activities/directory/active-directory/active-directory.ts';
import type {
  ActiveDirectoryConfig,
  ActiveDirectoryDependencies,
} from '../activities/directory/active-directory/active-directory.ts';
import type { Directory } from '../activities/directory/port.ts';
import { createPowerCheck, type PowerCheck } from '../activities/directory/power-check.ts';
import { createVaultActivities, type VaultActivityDependencies } from '../activities/vault/activities.ts';
import type { HttpsFetch } from '../activities/vault/https-fetch.ts';
import type { SecretVault } from '../activities/vault/port.ts';
import type { EngineActivities } from '../contracts/activities.ts';
import type { ENGINE } from '../infra/runtime/programs.ts';
import type { Configuration } from '../infra/runtime/variable.ts';
import { composeVault } from './compose-vault.ts';

export type EngineConfiguration = Configuration<(typeof ENGINE)['variables']>;

/** What tests put in the place of the real connections, to cut them before, during and after each call. */
export interface EngineConnections extends ActiveDirectoryDependencies {
  readonly fetch?: HttpsFetch;
  /** Instead of the one that the configuration names. */
  readonly vault?: SecretVault;
  readonly createPassword?: VaultActivityDependencies['createPassword'];
}

export interface Engine {
  readonly directory: Directory;
  /** Every step of the directory waits for its answer. */
  readonly powerCheck: PowerCheck;
  readonly vault: SecretVault;
  readonly activities: EngineActivities;
}

/** The part of an engine's configuration that the directory needs. */
export function directoryConfigOf(configuration: EngineConfiguration): ActiveDirectoryConfig {
  return {
    fqdn: configuration.domain,
    urls: configuration.ldapsUrls,
    ca: configuration.ldapCaPem,
    bindDn: configuration.ldapBindDn,
    bindPassword: configuration.ldapBindPassword,
    managedOus: configuration.managedOus,
  };
}

/** Opens no connection yet. Rejects on a configuration that could never work or would not be safe. */
export async function composeEngine(
  configuration: EngineConfiguration,
  connections: EngineConnections = {},
): Promise<Engine> {
  const { fetch, vault: given, createPassword, ...directoryConnections } = connections;
  const directory = createActiveDirectory(directoryConfigOf(configuration), directoryConnections);
  const vault = given ?? (await composeVault(configuration, fetch));
  const powerCheck = createPowerCheck(directory);
  return {
    directory,
    powerCheck,
    vault,
    activities: {
      ...createVaultActivities({ vault, ...(createPassword ? { createPassword } : {}) }),
      ...createDirectoryActivities({
        directory,
        admit: (signal) => powerCheck.admit(signal),
        readStagedCredential: (ref, signal) => vault.readStaged(ref, signal),
      }),
    },
  };
}
