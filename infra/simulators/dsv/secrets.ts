/**
 * `/v1/secrets/…` and `/v1/home/{principal}/…` (docs.delinea.com, DevOps Secrets Vault; the vendor's OpenAPI file; dsv-docs,
 * `product/cli-ref/secret.md` and `home.md`).
 */
import { randomUUID } from 'node:crypto';
import { badRequest, notFound, timestamp, type Answer } from './answer.ts';
import type { Body, Json } from './body.ts';
import { parseLimit } from './pages.ts';
import { isId, parsePath } from './paths.ts';
import type { Action } from './permissions.ts';
import { searchSecrets } from './search.ts';
import type { Call, Secret, SecretVersion, Vault } from './vault.ts';
import { currentAndLast } from './versions.ts';

/** Where paths lead to: the common secrets, or the personal area of a principal. */
interface Space {
  /** Before the path in the names that policies use. */
  readonly prefix: string;
  /** What resource `list` is asked for. */
  readonly root: string;
  /** Before the path in answers. */
  readonly shown: string;
  /** The principal that needs no permission here. */
  readonly owner?: string;
}

const SECRETS: Space = { prefix: 'secrets:', root: 'secrets', shown: '' };

/** What may follow a path; a secret must not be made where it could not be told from these. */
const SUFFIX = /^(?<path>.*?)(?:\/(?:(?<restore>restore)|rollback\/(?<rollback>\d+)|version\/(?<version>\d+)))$/;

export function callSecrets(vault: Vault, call: Call): Answer {
  return callSpace(vault, SECRETS, call);
}

export function callHome(vault: Vault, call: Call): Answer {
  const [, owner, rest] = /^\/((?:users|roles):[^/]+)(.*)$/.exec(call.rest) ?? [];
  if (owner === undefined || rest === undefined) throw notFound();
  const space = { prefix: `home:${owner}:`, root: `home:${owner}`, shown: `${owner}:`, owner };
  return callSpace(vault, space, { ...call, rest });
}

function callSpace(vault: Vault, space: Space, call: Call): Answer {
  const { method, rest } = call;
  if (rest === '' && method === 'GET') return search(vault, space, call);
  const { restore, rollback, version, path } = SUFFIX.exec(rest)?.groups ?? {};
  switch (method) {
    case 'GET':
      if (version) return readVersions(vault, space, { ...call, rest: path! }, Number(version));
      if (rest.endsWith('::listpaths')) return listPaths(vault, space, call, rest.replace(/::listpaths$/, ''));
      return read(vault, space, call);
    case 'POST':
      return create(vault, space, call);
    case 'PUT':
      if (restore) return restoreSecret(vault, space, { ...call, rest: path! });
      if (rollback) return rollBack(vault, space, { ...call, rest: path! }, Number(rollback));
      return update(vault, space, call);
    case 'DELETE': {
      const key = locate(vault, space, call, 'delete');
      return vault.secrets.remove(key, isForced(call));
    }
    default:
      throw notFound();
  }
}

/** Whether a deletion is to be at once; `force` must be `true` or `false`. */
export function isForced({ query }: Call): boolean {
  const force = query.get('force') || 'false';
  if (force !== 'true' && force !== 'false') throw badRequest('force must be true or false');
  return force === 'true';
}

/**
 * The name of the secret that the call is about, by path or by id, when the caller may do `action` with it. Permission
 * comes before existence, as in dsv-cli's test `user-access-fail-resource`; an id that is not there is 404 for everyone.
 */
function locate(vault: Vault, space: Space, call: Call, action: Action): string {
  const path = call.rest.replace(/^\//, '');
  const id = call.query.get('id');
  if (path !== '' && id) throw badRequest('only one of id and path may be given');
  const wanted = id ?? path;
  if (wanted === '') throw badRequest('id or path is required');
  const key = isId(wanted) || id ? keyOfId(vault, space, wanted) : space.prefix + parsePath(path);
  demand(vault, space, call, action, key);
  return key;
}

function keyOfId(vault: Vault, space: Space, id: string): string {
  const key = vault.secrets.keyOf((name, secret) => name.startsWith(space.prefix) && secret.id === id);
  if (key === undefined) throw notFound();
  return key;
}

function demand(vault: Vault, space: Space, { caller }: Call, action: Action, resource: string): void {
  if (caller.principal !== space.owner) vault.demand(caller, action, resource);
}

function read(vault: Vault, space: Space, call: Call): Answer {
  const rest = call.rest.replace(/::description$/, '');
  const key = locate(vault, space, { ...call, rest }, 'read');
  const edit = call.query.get('edit') || 'false';
  if (edit !== 'true' && edit !== 'false') throw badRequest('edit must be true or false');
  const secret = vault.secrets.read(key);
  return { status: 200, body: rest === call.rest ? view(space, key, secret) : describe(space, key, secret) };
}

/** The current version and the `count` before it: `/version/1` is not version 1 (dsv-docs, `home.md`, "GetByVersion"). */
function readVersions(vault: Vault, space: Space, call: Call, count: number): Answer {
  const key = locate(vault, space, call, 'read');
  const secret = vault.secrets.read(key);
  const numbers = currentAndLast(secret.versions.length, count);
  return { status: 200, body: { data: numbers.map((number) => view(space, key, secret, number)) } };
}

function create(vault: Vault, space: Space, call: Call): Answer {
  const path = call.rest.replace(/^\//, '');
  if (SUFFIX.test(call.rest.replaceAll(':', '/'))) throw badRequest('the path ends like an operation');
  if (isId(path)) throw badRequest('the path must not be an id');
  const key = space.prefix + parsePath(path);
  demand(vault, space, call, 'create', key);
  const given = readSecret(call.body());
  if (vault.secrets.has(key)) throw badRequest('error creating secret, secret at path already exists');
  const version = stamp(vault, call, { data: {}, attributes: null, description: '', ...given.members });
  const { modifiedMs: createdMs, modifiedBy: createdBy } = version;
  const secret: Secret = { id: randomUUID(), createdMs, createdBy, versions: [version] };
  vault.secrets.put(key, secret);
  return { status: vault.createdStatus, body: view(space, key, secret) };
}

/**
 * Without `overwrite`, only what is given and not empty changes, in `data` and `attributes` member by member and not
 * deeper: dsv-cli sends an empty description and empty objects for what its user leaves out.
 */
function update(vault: Vault, space: Space, call: Call): Answer {
  const key = locate(vault, space, call, 'update');
  const given = readSecret(call.body());
  const current = vault.secrets.change(key).versions.at(-1)!;
  const { data, attributes, description } = given.members;
  const merged = {
    data: { ...current.data, ...data },
    attributes: attributes ? { ...current.attributes, ...attributes } : current.attributes,
    description: description || current.description,
  };
  const replaced = { data: {}, attributes: null, description: '', ...given.members };
  const secret = append(vault, key, stamp(vault, call, given.overwrite ? replaced : merged));
  return { status: 200, body: view(space, key, secret) };
}

/** The vendor's OpenAPI file has a list of versions as the answer; clients had better read the secret again. */
function rollBack(vault: Vault, space: Space, call: Call, number: number): Answer {
  const key = locate(vault, space, call, 'update');
  const old = vault.secrets.change(key).versions[number];
  if (!old) throw notFound();
  const secret = append(vault, key, stamp(vault, call, old));
  return { status: 200, body: { data: [view(space, key, secret)] } };
}

/** PUT, as dsv-cli sends it (the OpenAPI file says GET), so the permission is taken to be `update`. No body. */
function restoreSecret(vault: Vault, space: Space, call: Call): Answer {
  vault.secrets.restore(locate(vault, space, call, 'update'));
  return { status: 200 };
}

/** The full paths that begin with the text, as vault-java-sdk and the OpenAPI file describe it; 404 when none does. */
function listPaths(vault: Vault, space: Space, call: Call, start: string): Answer {
  demand(vault, space, call, 'list', space.root);
  const limit = parseLimit(call.query);
  const from = space.prefix + start.replace(/^\//, '').replaceAll('/', ':');
  const keys = vault.secrets.live().flatMap(([key]) => (key.startsWith(from) ? [key] : []));
  if (keys.length === 0) throw notFound();
  return {
    status: 200,
    body: {
      data: keys
        .sort()
        .slice(0, limit)
        .map((key) => shownPath(space, key)),
    },
  };
}

/** What is marked for deletion is not found. */
function search(vault: Vault, space: Space, call: Call): Answer {
  demand(vault, space, call, 'list', space.root);
  const here = vault.secrets.live().filter(([key]) => key.startsWith(space.prefix));
  const found = here.map(([key, secret]) => {
    const path = shownPath(space, key);
    return { path, id: secret.id, current: secret.versions.at(-1)!, view: describe(space, key, secret) };
  });
  return { status: 200, body: searchSecrets(found, call.query) };
}

type Members = Partial<Pick<SecretVersion, 'data' | 'attributes' | 'description'>>;

/** The members that the body has. */
function readSecret(body: Body): { readonly members: Members; readonly overwrite: boolean } {
  const [data, attributes, description] = [body.object('data'), body.object('attributes'), body.text('description')];
  const members = {
    ...(data && { data }),
    ...(attributes && { attributes }),
    ...(description !== undefined && { description }),
  };
  return { members, overwrite: body.flag('overwrite') ?? false };
}

function stamp(vault: Vault, { caller }: Call, content: Required<Members>): SecretVersion {
  return { ...content, modifiedMs: vault.nowMs(), modifiedBy: caller.principal };
}

function append(vault: Vault, key: string, version: SecretVersion): Secret {
  const secret = vault.secrets.change(key);
  const longer = { ...secret, versions: [...secret.versions, version] };
  vault.secrets.put(key, longer);
  return longer;
}

function shownPath(space: Space, key: string): string {
  return space.shown + key.slice(space.prefix.length);
}

function view(space: Space, key: string, secret: Secret, number = secret.versions.length - 1): Json {
  return { ...describe(space, key, secret, number), data: secret.versions[number]!.data };
}

/** Everything but `data`. */
function describe(space: Space, key: string, secret: Secret, number = secret.versions.length - 1): Json {
  const { attributes, description, modifiedMs, modifiedBy } = secret.versions[number]!;
  return {
    attributes,
    created: timestamp(secret.createdMs),
    createdBy: secret.createdBy,
    description,
    id: secret.id,
    lastModified: timestamp(modifiedMs),
    lastModifiedBy: modifiedBy,
    path: shownPath(space, key),
    version: String(number),
  };
}
