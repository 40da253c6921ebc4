/** The bare script: recorded calls, made again with ldapts and `fetch` for another account. Nothing is checked or mapped. */
import { randomUUID } from 'node:crypto';
import { Attribute, Change, Client } from 'ldapts';
import type { LdapAttribute } from '../activities/directory/active-directory/connection.ts';
import { guidToString } from '../activities/directory/active-directory/encodings.ts';
import type { EngineConfiguration } from '../workers/compose-engine.ts';
import type { RecordedCall, Recording } from './recorded-calls.ts';

export interface BareScript {
  readonly callsPerAccount: number;
  /** Makes one more account. */
  makeAccount(): Promise<void>;
  close(): Promise<void>;
}

type ConnectionConfiguration = Pick<EngineConfiguration, 'ldapsUrls' | 'ldapCaPem' | 'ldapBindDn' | 'ldapBindPassword'>;

/** Binds one connection as the engine, which all accounts share, as they do in the product. */
export async function openBareScript(
  recording: Recording,
  configuration: ConnectionConfiguration,
): Promise<BareScript> {
  const newClient = (): Client =>
    new Client({
      url: configuration.ldapsUrls[0]!,
      tlsOptions: { ca: configuration.ldapCaPem, minVersion: 'TLSv1.2' },
    });
  const shared = newClient();
  await shared.bind(configuration.ldapBindDn, configuration.ldapBindPassword.reveal());

  /** Answers the GUID of an object that a search by name has found. */
  const make = async (call: RecordedCall, renamed: <T>(value: T) => T): Promise<string | undefined> => {
    switch (call.kind) {
      case 'add':
        await shared.add(renamed(call.dn), renamed(call.attributes).map(toAttribute));
        return;
      case 'modify': {
        const changes = renamed(call.changes).map(
          (change) => new Change({ operation: change.operation, modification: toAttribute(change) }),
        );
        await shared.modify(renamed(call.dn), changes, [...call.controls]);
        return;
      }
      case 'search': {
        const { base, scope, filter, attributes, controls = [] } = renamed(call.request);
        const options = { scope, attributes: [...attributes], explicitBufferAttributes: ['objectGUID'] };
        const found = await shared.search(base, { ...options, ...(filter ? { filter } : {}) }, [...controls]);
        const guid = scope === 'sub' ? found.searchEntries[0]?.['objectGUID'] : undefined;
        return Buffer.isBuffer(guid) ? guidToString(guid) : undefined;
      }
      case 'log-on': {
        const client = newClient();
        await client.bind(renamed(call.identity.name), call.identity.password.reveal());
        await client.unbind();
        return;
      }
      case 'vault': {
        const { method, url, headers, body } = call;
        const init = { method, headers, ...(body === undefined ? {} : { body: renamed(body) }) };
        const response = await fetch(renamed(url), init);
        // The first look at a secret finds nothing.
        if (!response.ok && response.status !== 404) throw new Error(`the vault answered ${response.status}`);
        await response.text();
      }
    }
  };
  return {
    callsPerAccount: recording.calls.length,
    async makeAccount() {
      const accountId = randomUUID();
      const names = new Map([
        [recording.name, `svc-${accountId.slice(0, 8)}`],
        [recording.accountId, accountId],
      ]);
      for (const call of recording.calls) {
        const guid = await make(call, (value) => replaced(value, names));
        if (guid !== undefined) names.set(recording.objectGuid, guid);
      }
    },
    close: () => shared.unbind(),
  };
}

function toAttribute({ type, values }: LdapAttribute): Attribute {
  return new Attribute({ type, values: [...values] as string[] | Buffer[] });
}

/** A copy with every occurrence of some texts replaced; bytes stay, objects keep their class. */
function replaced<T>(value: T, texts: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') {
    let text: string = value;
    for (const [from, to] of texts) text = text.replaceAll(from, to);
    return text as T;
  }
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => replaced(each, texts)) as T;
  const copy: object = Object.create(Object.getPrototypeOf(value));
  const fields = Object.entries(value).map(([name, field]: [string, unknown]) => [name, replaced(field, texts)]);
  return Object.assign(copy, Object.fromEntries(fields)) as T;
}
