/**
 * The LDAP and vault calls with which the product makes one account: recorded once at its own ports, then made again for
 * other names by a bare script. What is the product's own work between the calls is not in it.
 */
import { randomUUID } from 'node:crypto';
import { openConnectionFor } from '../activities/directory/active-directory/active-directory.ts';
import type {
  LdapAttribute,
  LdapChange,
  LdapConnection,
  LdapIdentity,
  OpenConnection,
  SearchRequest,
} from '../activities/directory/active-directory/connection.ts';
import { createHttpsFetch, type HttpsFetch } from '../activities/vault/https-fetch.ts';
import { generatePassword } from '../activities/vault/password.ts';
import type { Template } from '../contracts/template.ts';
import { secretFolder, secretPath } from '../contracts/ids.ts';
import { composeEngine, directoryConfigOf, type EngineConfiguration } from '../workers/compose-engine.ts';
import type { Control } from 'ldapts';

export type RecordedCall =
  | { readonly kind: 'add'; readonly dn: string; readonly attributes: readonly LdapAttribute[] }
  | {
      readonly kind: 'modify';
      readonly dn: string;
      readonly changes: readonly LdapChange[];
      readonly controls: readonly Control[];
    }
  | { readonly kind: 'search'; readonly request: SearchRequest }
  | { readonly kind: 'log-on'; readonly identity: LdapIdentity }
  | {
      readonly kind: 'vault';
      readonly method: string;
      readonly url: string;
      readonly headers: Record<string, string>;
      readonly body: string | undefined;
    };

/** The calls for one account, in their order, and what is particular to that account in them. */
export interface Recording {
  readonly calls: readonly RecordedCall[];
  readonly name: string;
  readonly accountId: string;
  readonly objectGuid: string;
}

/** Makes two accounts by the product's engine and records the second: by then it has logged on everywhere. */
export async function recordProvisioning(configuration: EngineConfiguration, template: Template): Promise<Recording> {
  let calls: RecordedCall[] = [];
  const record = (call: RecordedCall): void => void calls.push(call);
  const engine = await composeEngine(configuration, {
    openConnection: recordingOpen(openConnectionFor(directoryConfigOf(configuration)), record),
    fetch: recordingFetch(createHttpsFetch(configuration.vaultCaPem), record),
  });
  const make = async (): Promise<Omit<Recording, 'calls'>> => {
    const accountId = randomUUID();
    const name = `svc-${accountId.slice(0, 8)}`;
    const { domain, organizationalUnit, groups, mayChangePassword } = template.directory;
    const staged = {
      accountId,
      vaultPath: secretPath(secretFolder(template.vault.folder, domain), name),
      operationId: accountId,
    };
    const password = generatePassword(template.vault.password);
    const { version } = await engine.vault.stage({ ...staged, username: name, domain, password });
    const { objectGuid } = await engine.directory.establish(
      {
        accountId,
        domain,
        samAccountName: name,
        organizationalUnit,
        groups,
        mayChangePassword,
        description: null,
        expiresAt: '2040-01-01T00:00:00.000Z',
        credential: { ...staged, version },
      },
      await engine.vault.readStaged(staged),
      { previous: null, report: () => undefined },
    );
    await engine.vault.promote(staged);
    return { name, accountId, objectGuid };
  };
  try {
    await make();
    calls = [];
    const made = await make();
    return { calls, ...made };
  } finally {
    engine.directory.close();
  }
}

/** The product opens its own connection once; every further one is a log-on as the new account. */
function recordingOpen(open: OpenConnection, record: (call: RecordedCall) => void): OpenConnection {
  return async (url, identity) => {
    record({ kind: 'log-on', identity });
    return recordingConnection(await open(url, identity), record);
  };
}

/** What an account's provisioning does not call is passed on unrecorded. */
function recordingConnection(connection: LdapConnection, record: (call: RecordedCall) => void): LdapConnection {
  return {
    ...connection,
    add(dn, attributes) {
      record({ kind: 'add', dn, attributes: attributes.map(copied) });
      return connection.add(dn, attributes);
    },
    modify(dn, changes, controls = []) {
      record({ kind: 'modify', dn, changes: changes.map(copied), controls });
      return connection.modify(dn, changes, controls);
    },
    search(request) {
      record({ kind: 'search', request });
      return connection.search(request);
    },
  };
}

/** The product fills the bytes of a password with zeros once they are sent. */
function copied<T extends LdapAttribute>(attribute: T): T {
  const values = attribute.values.map((value) => (typeof value === 'string' ? value : Buffer.from(value)));
  return { ...attribute, values };
}

function recordingFetch(fetch: HttpsFetch, record: (call: RecordedCall) => void): HttpsFetch {
  return (url, init) => {
    record({ kind: 'vault', url, method: init.method, headers: init.headers, body: init.body });
    return fetch(url, init);
  };
}
