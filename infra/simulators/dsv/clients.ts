/** `/v1/clients`: credentials of roles (docs.delinea.com, DevOps Secrets Vault; dsv-docs, `product/cli-ref/client.md`). */
import { randomBytes, randomUUID } from 'node:crypto';
import { badRequest, notFound, timestamp, type Answer } from './answer.ts';
import type { Json } from './body.ts';
import { pageOf, parseOrder } from './pages.ts';
import { isForced } from './secrets.ts';
import type { Call, Client, Vault } from './vault.ts';

export function callClients(vault: Vault, apiUrl: string, call: Call): Answer {
  const { method, rest, caller } = call;
  if (method === 'POST') return create(vault, apiUrl, call);
  if (rest === '' && method === 'GET') return search(vault, call);
  const [, clientId = '', suffix = ''] = /^\/([^/]+)(\/restore)?$/.exec(rest) ?? [];
  if (clientId === '') throw notFound();
  const resource = `clients:${clientId}`;
  switch (method + suffix) {
    case 'GET':
      vault.demand(caller, 'read', resource);
      return { status: 200, body: view(vault.clients.read(clientId)) };
    case 'DELETE':
      vault.demand(caller, 'delete', resource);
      return vault.clients.remove(clientId, isForced(call));
    case 'PUT/restore':
      vault.demand(caller, 'update', resource);
      vault.clients.restore(clientId);
      return { status: 200 };
    default:
      throw notFound();
  }
}

/** `GET /v1/clients/bootstrap/{clientId}`: makes and shows the secret, once. Whoever has the URL needs no token. */
export function bootstrap(vault: Vault, clientId: string): Answer {
  const client = vault.clients.read(clientId);
  if (!client.url) throw notFound();
  const now = vault.nowMs();
  if (client.accessedMs !== undefined) throw badRequest('url has already used');
  if (client.urlTtl > 0 && now >= client.createdMs + client.urlTtl * 1_000) throw badRequest('url has expired');
  const active = { ...client, clientSecret: newSecret(), accessedMs: now, activeFromMs: now };
  vault.clients.put(clientId, active);
  return { status: 200, body: { ...view(active), clientSecret: active.clientSecret } };
}

/** A client credential of `role`, with its secret unless that is to be fetched by its URL. */
export function newClient(role: string, createdBy: string, nowMs: number, more: Partial<Client> = {}): Client {
  return {
    id: randomUUID(),
    clientId: randomUUID(),
    clientSecret: more.url ? undefined : newSecret(),
    role,
    description: '',
    createdMs: nowMs,
    createdBy,
    ttl: 0,
    activeFromMs: nowMs,
    usesLimit: 0,
    usedCount: 0,
    url: false,
    urlTtl: 0,
    accessedMs: undefined,
    ...more,
  };
}

/** Takes the permission to create clients and the one to assign the role (dsv-docs, "Allow Users to Assign Specific Roles"). */
function create(vault: Vault, apiUrl: string, { rest, body: read, caller }: Call): Answer {
  if (rest !== '' && rest !== '/') throw notFound();
  const body = read();
  const role = body.text('role');
  if (!role) throw badRequest('role is required');
  const client = newClient(role, caller.principal, vault.nowMs(), {
    description: body.text('description') ?? '',
    ttl: body.count('ttl') ?? 0,
    usesLimit: body.count('usesLimit') ?? 0,
    url: body.flag('url') ?? false,
    urlTtl: body.count('urlTTL') ?? 0,
  });
  vault.demand(caller, 'create', `clients:${client.clientId}`);
  vault.demand(caller, 'assign', `roles:${role}`);
  if (!vault.roles.peek(role)) throw badRequest('unable to find role');
  vault.clients.put(client.clientId, client);
  const once = client.url
    ? { urlPath: `${apiUrl}/clients/bootstrap/${client.clientId}` }
    : { clientSecret: client.clientSecret };
  return { status: vault.createdStatus, body: { ...view(client), ...once } };
}

function search(vault: Vault, { caller, query }: Call): Answer {
  vault.demand(caller, 'list', 'clients');
  const role = query.get('role') || undefined;
  const found = vault.clients.live().filter(([, client]) => role === undefined || client.role === role);
  const items = found.map(([clientId, client]) => ({
    key: `${String(client.createdMs).padStart(15, '0')} ${clientId}`,
    view: view(client),
  }));
  return { status: 200, body: pageOf(items, query, parseOrder(query)) };
}

/** Never with the secret. */
function view(client: Client): Json {
  const { id, clientId, role, url, description, accessedMs } = client;
  return {
    clientId,
    created: timestamp(client.createdMs),
    createdBy: client.createdBy,
    id,
    role,
    url,
    usesLimit: client.usesLimit,
    usedCount: client.usedCount,
    ...(description && { description }),
    ...(client.ttl > 0 && { TTL: client.ttl }),
    ...(url && { urlTTL: client.urlTtl }),
    ...(accessedMs !== undefined && { accessed: timestamp(accessedMs) }),
  };
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
