/** `/v1/config/policies` (docs.delinea.com, DevOps Secrets Vault; the vendor's OpenAPI file; dsv-cli, `commands/policy.go`). */
import { randomUUID } from 'node:crypto';
import { badRequest, notFound, timestamp, type Answer } from './answer.ts';
import type { Body, Json } from './body.ts';
import { pageOf, parseOrder } from './pages.ts';
import { parsePath } from './paths.ts';
import { parseDocument, type Action } from './permissions.ts';
import { isForced } from './secrets.ts';
import type { Call, Policy, PolicyVersion, Vault } from './vault.ts';
import { currentAndLast } from './versions.ts';

const SHORTEST_PATH = 3;
const DOCUMENT_LENGTH = { least: 10, most: 2_000 };

export function callPolicies(vault: Vault, call: Call): Answer {
  const { method, rest } = call;
  if (method === 'POST') return create(vault, call);
  if (rest === '' && method === 'GET') return search(vault, call);
  const [, given = '', suffix = '', count] = /^\/(.+?)(\/restore|\/(?:rollback|version)\/(\d+))?$/.exec(rest) ?? [];
  const path = parsePath(given);
  switch (`${method} ${suffix.split('/')[1] ?? ''}`) {
    case 'GET ':
      demand(vault, call, 'read', path);
      return { status: 200, body: view(path, vault.policies.read(path)) };
    case 'GET version':
      demand(vault, call, 'read', path);
      return versions(path, vault.policies.read(path), Number(count));
    case 'PUT ':
      demand(vault, call, 'update', path);
      return append(vault, path, stamp(vault, call, path, call.body()));
    case 'PUT rollback':
      demand(vault, call, 'update', path);
      return rollBack(vault, call, path, Number(count));
    case 'PUT restore':
      demand(vault, call, 'update', path);
      vault.policies.restore(path);
      return { status: 204 };
    case 'DELETE ':
      demand(vault, call, 'delete', path);
      return vault.policies.remove(path, isForced(call));
    default:
      throw notFound();
  }
}

function demand(vault: Vault, { caller }: Call, action: Action, path: string): void {
  vault.demand(caller, action, `config:policies:${path}`);
}

function create(vault: Vault, call: Call): Answer {
  if (call.rest !== '' && call.rest !== '/') throw notFound();
  const body = call.body();
  const path = parsePath(body.text('path') ?? '');
  if (path.length < SHORTEST_PATH) throw badRequest(`path must have ${SHORTEST_PATH} characters at least`);
  demand(vault, call, 'create', path);
  const version = stamp(vault, call, path, body);
  if (vault.policies.has(path)) throw badRequest('a policy with this path already exists');
  const { modifiedMs: createdMs, modifiedBy: createdBy } = version;
  const policy: Policy = { id: randomUUID(), createdMs, createdBy, versions: [version] };
  vault.policies.put(path, policy);
  return { status: vault.createdStatus, body: view(path, policy) };
}

function append(vault: Vault, path: string, version: PolicyVersion): Answer {
  const policy = vault.policies.change(path);
  const changed = { ...policy, versions: [...policy.versions, version] };
  vault.policies.put(path, changed);
  return { status: 200, body: view(path, changed) };
}

function rollBack(vault: Vault, { caller }: Call, path: string, number: number): Answer {
  const old = vault.policies.change(path).versions[number];
  if (!old) throw notFound();
  return append(vault, path, { ...old, modifiedMs: vault.nowMs(), modifiedBy: caller.principal });
}

function versions(path: string, policy: Policy, count: number): Answer {
  const numbers = currentAndLast(policy.versions.length, count);
  return { status: 200, body: { data: numbers.map((number) => view(path, policy, number)) } };
}

function search(vault: Vault, { caller, query }: Call): Answer {
  vault.demand(caller, 'list', 'config:policies');
  const term = (query.get('searchTerm') ?? '').replaceAll('/', ':');
  const found = vault.policies.live().filter(([path]) => path.includes(term));
  const items = found.map(([path, policy]) => ({ key: path, view: view(path, policy) }));
  return { status: 200, body: pageOf(items, query, parseOrder(query)) };
}

function stamp({ nowMs }: Vault, { caller }: Call, path: string, body: Body): PolicyVersion {
  const text = body.text('policy') ?? '';
  if (text.length < DOCUMENT_LENGTH.least || text.length > DOCUMENT_LENGTH.most) {
    throw badRequest(`policy must have from ${DOCUMENT_LENGTH.least} to ${DOCUMENT_LENGTH.most} characters`);
  }
  const permissions = parseDocument(path, text, body.text('serialization') || 'json');
  return { permissions, modifiedMs: nowMs(), modifiedBy: caller.principal };
}

function view(path: string, policy: Policy, number = policy.versions.length - 1): Json {
  const { permissions, modifiedMs, modifiedBy } = policy.versions[number]!;
  return {
    created: timestamp(policy.createdMs),
    createdBy: policy.createdBy,
    id: policy.id,
    lastModified: timestamp(modifiedMs),
    lastModifiedBy: modifiedBy,
    path,
    permissionDocument: permissions,
    version: String(number),
  };
}
