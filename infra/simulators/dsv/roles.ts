/** `/v1/roles` (docs.delinea.com, DevOps Secrets Vault; dsv-cli, `tests/e2e/cmd_role_test.go`). */
import { randomUUID } from 'node:crypto';
import { badRequest, notFound, timestamp, type Answer } from './answer.ts';
import type { Body, Json } from './body.ts';
import { pageOf, parseOrder } from './pages.ts';
import { parseName } from './paths.ts';
import { isForced } from './secrets.ts';
import type { Call, Role, RoleVersion, Vault } from './vault.ts';
import { currentAndLast } from './versions.ts';

export function callRoles(vault: Vault, call: Call): Answer {
  const { method, rest, caller } = call;
  if (method === 'POST') return create(vault, call);
  if (rest === '' && method === 'GET') return search(vault, call);
  const [, given, suffix = '', count] = /^\/([^/]+)(\/restore|\/version\/(\d+))?$/.exec(rest) ?? [];
  const name = parseName(given);
  const resource = `roles:${name}`;
  switch (`${method} ${suffix.split('/')[1] ?? ''}`) {
    case 'GET ':
      vault.demand(caller, 'read', resource);
      return { status: 200, body: view(name, vault.roles.read(name)) };
    case 'GET version':
      vault.demand(caller, 'read', resource);
      return versions(name, vault.roles.read(name), Number(count));
    case 'PUT ':
      return update(vault, call, name);
    case 'PUT restore':
      vault.demand(caller, 'update', resource);
      vault.roles.restore(name);
      return { status: 200 };
    case 'DELETE ':
      vault.demand(caller, 'delete', resource);
      return vault.roles.remove(name, isForced(call));
    default:
      throw notFound();
  }
}

function versions(name: string, role: Role, count: number): Answer {
  const numbers = currentAndLast(role.versions.length, count);
  return { status: 200, body: { data: numbers.map((number) => view(name, role, number)) } };
}

function create(vault: Vault, call: Call): Answer {
  if (call.rest !== '' && call.rest !== '/') throw notFound();
  const body = call.body();
  const name = parseName(body.text('name'));
  vault.demand(call.caller, 'create', `roles:${name}`);
  refuseProvider(body);
  if (vault.roles.has(name)) throw badRequest('a security principal with this name already exists');
  const role = newRole(stamp(vault, call, body));
  vault.roles.put(name, role);
  return { status: vault.createdStatus, body: view(name, role) };
}

/** A replacement of everything. */
function update(vault: Vault, call: Call, name: string): Answer {
  vault.demand(call.caller, 'update', `roles:${name}`);
  const body = call.body();
  refuseProvider(body);
  const role = vault.roles.change(name);
  const changed = { ...role, versions: [...role.versions, stamp(vault, call, body)] };
  vault.roles.put(name, changed);
  return { status: 200, body: view(name, changed) };
}

function search(vault: Vault, { caller, query }: Call): Answer {
  vault.demand(caller, 'list', 'roles');
  const sortedBy = query.get('sortedBy') || 'lastModified';
  if (!['name', 'created', 'lastModified'].includes(sortedBy)) throw badRequest('sortedBy is not known');
  const found = vault.roles.live().filter(([name]) => name.includes(query.get('searchTerm') ?? ''));
  const items = found.map(([name, role]) => {
    const times = { name: 0, created: role.createdMs, lastModified: role.versions.at(-1)!.modifiedMs };
    const time = times[sortedBy as keyof typeof times];
    return { key: `${String(time).padStart(15, '0')} ${name}`, view: view(name, role) };
  });
  return { status: 200, body: pageOf(items, query, parseOrder(query)) };
}

/** A role that the first of its versions begins. */
export function newRole(version: RoleVersion): Role {
  return { id: randomUUID(), createdMs: version.modifiedMs, createdBy: version.modifiedBy, versions: [version] };
}

/** Roles of other providers are refused: the simulator has no provider that they could be of. */
function refuseProvider(body: Body): void {
  const [provider, externalId] = [body.text('provider'), body.text('externalId')];
  if (!provider !== !externalId) throw badRequest('must specify both provider and external ID');
  if (provider) throw badRequest('unable to find authentication provider');
}

function stamp({ nowMs }: Vault, { caller }: Call, body: Body): RoleVersion {
  return { description: body.text('description') ?? '', modifiedMs: nowMs(), modifiedBy: caller.principal };
}

function view(name: string, role: Role, number = role.versions.length - 1): Json {
  const { description, modifiedMs, modifiedBy } = role.versions[number]!;
  return {
    created: timestamp(role.createdMs),
    createdBy: role.createdBy,
    description,
    externalId: '',
    groups: null,
    id: role.id,
    lastModified: timestamp(modifiedMs),
    lastModifiedBy: modifiedBy,
    name,
    provider: '',
    version: String(number),
  };
}
