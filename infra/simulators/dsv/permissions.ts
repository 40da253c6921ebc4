/**
 * The permissions of policies: who may do what with which resources. Permissions add up, a deny beats every allow, and
 * what no permission allows is forbidden (docs.delinea.com, DevOps Secrets Vault; dsv-docs, `product/cli-ref/policy.md`, "Policy Evaluation").
 */
import { randomUUID } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { badRequest } from './answer.ts';
import { readBody, type Body, type Json } from './body.ts';

export type Action = 'create' | 'read' | 'update' | 'delete' | 'assign' | 'list';

export interface Permission {
  readonly id: string;
  readonly description: string;
  /** `users:…`, `roles:…`, `groups:…`, in lower case. */
  readonly subjects: readonly string[];
  readonly effect: 'allow' | 'deny';
  readonly resources: readonly string[];
  readonly actions: readonly string[];
  readonly conditions: Json;
  readonly meta: null;
}

export interface Caller {
  /** Such as `roles:alm` or `users:thy-one:ann`. */
  readonly principal: string;
  readonly address: string;
}

const ACTIONS: readonly string[] = ['create', 'read', 'update', 'delete', 'assign', 'list'] satisfies Action[];
const EVERYTHING = '<.*>';
const WILDCARDS: readonly string[] = [EVERYTHING, '.*', '*'];

export function isAllowed(
  permissions: readonly Permission[],
  caller: Caller,
  action: Action,
  resource: string,
): boolean {
  const principal = caller.principal.toLowerCase();
  const applying = permissions.filter(
    (permission) =>
      matchesOne(permission.actions, action) &&
      matchesOne(permission.subjects, principal) &&
      matchesOne(permission.resources, resource) &&
      Object.values(permission.conditions).every((condition) => addressOf(condition).check(caller.address)),
  );
  return applying.length > 0 && applying.every(({ effect }) => effect === 'allow');
}

/**
 * The permissions of the policy `path` from the text of its document. Throws 400 on whatever the vendor's page calls
 * wrong. A document in YAML is refused: it is the one thing of policies that this simulator cannot do.
 */
export function parseDocument(path: string, text: string, serialization: string): readonly Permission[] {
  if (serialization !== 'json') throw badRequest('serialization must be json');
  const entries = readBody(parseJson(text)).list('permissionDocument') ?? [];
  if (entries.length === 0) throw badRequest('the policy must have permissions');
  return entries.map((entry) => parsePermission(path, readBody(entry)));
}

function parsePermission(path: string, entry: Body): Permission {
  return {
    id: entry.text('id') || randomUUID(),
    description: entry.text('description') ?? '',
    subjects: parseSubjects(entry.strings('subjects')),
    effect: parseEffect(entry.text('effect')),
    resources: parseResources(path, entry.strings('resources')),
    actions: parseActions(entry.strings('actions')),
    conditions: parseConditions(entry.object('conditions')),
    meta: null,
  };
}

function parseSubjects(subjects: readonly string[] = []): readonly string[] {
  if (subjects.length === 0) throw badRequest('at least one subject is required');
  for (const subject of subjects) {
    if (!/^(?:users|roles|groups):./i.test(subject))
      throw badRequest('a subject begins with users:, roles: or groups:');
    toPattern(subject);
  }
  return subjects.map((subject) => subject.toLowerCase());
}

function parseActions(given: readonly string[] = []): readonly string[] {
  if (given.length === 0) throw badRequest('at least one action is required');
  const actions = given.map((action) => action.toLowerCase());
  if (actions.some((action) => WILDCARDS.includes(action))) return [EVERYTHING];
  for (const action of actions) {
    if (!ACTIONS.includes(action) && !action.includes('<')) throw badRequest(`${action} is not an action`);
    toPattern(action);
  }
  return actions;
}

/** Nothing outside of the policy's own path, but the policies below it, which is how their care is delegated. */
function parseResources(path: string, resources: readonly string[] = []): readonly string[] {
  if (resources.length === 0) return [`${path}:${EVERYTHING}`];
  for (const resource of resources) {
    if (!resource.startsWith(path) && !resource.startsWith(`config:policies:${path}`)) {
      throw badRequest("the policy's path must be the beginning of every resource");
    }
    toPattern(resource);
  }
  return resources;
}

function parseEffect(effect: string | undefined): 'allow' | 'deny' {
  const given = effect || 'allow';
  if (given !== 'allow' && given !== 'deny') throw badRequest('effect must be allow or deny');
  return given;
}

function parseConditions(conditions: Json = {}): Json {
  for (const condition of Object.values(conditions)) addressOf(condition);
  return conditions;
}

/** The only condition of the vendor's page: a range of addresses (dsv-cli, `commands/policy.go`, `CIDRCondition`). */
function addressOf(condition: unknown): { check(address: string): boolean } {
  const members = readBody(condition);
  const cidr = members.text('type') === 'CIDRCondition' && readBody(members.object('options')).text('cidr');
  const [network = '', bits = ''] = cidr ? cidr.split('/') : [];
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 'ipv6' ? 128 : 32)) {
    throw badRequest('a condition must be a CIDRCondition with a cidr');
  }
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family);
  return { check: (address) => range.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') };
}

function matchesOne(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => toPattern(pattern).test(text));
}

/** What stands in angle brackets is a regular expression, the rest is literal; the whole text must match. */
function toPattern(pattern: string): RegExp {
  const parts = pattern.split(/<([^<>]*)>/);
  if (parts.some((part, index) => index % 2 === 0 && /[<>]/.test(part))) {
    throw badRequest('the angle brackets of a pattern must be in pairs');
  }
  const sources = parts.map((part, index) => (index % 2 === 0 ? escape(part) : `(?:${part})`));
  try {
    return new RegExp(`^(?:${sources.join('')})$`);
  } catch {
    throw badRequest('a pattern is not a regular expression');
  }
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('the policy is not JSON');
  }
}
