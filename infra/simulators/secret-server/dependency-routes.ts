/** Secret dependencies (docs.delinea.com, Secret Server REST API): kept, listed and "run"; a test says what a run comes to. */
import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { readList } from './arguments.ts';
import { pageOf } from './paging.ts';
import { sameName } from './permissions.ts';
import { accessDenied, invalid } from './refusals.ts';
import { answers, answersRaw, type Call } from './routing.ts';
import { findSecret } from './secret-access.ts';
import type { Dependency, SecretRole, World } from './types.ts';
import { needs } from './versions.ts';

const TEMPLATES = [{ id: 1, name: 'Windows Service', typeId: 2, typeName: 'Windows Service' }];

export function dependencyRoutes(world: World): Router {
  const router = Router();
  router.use('/v1/secret-dependencies', (_request, _response, next) => {
    needs(world, '10.4');
    next();
  });
  const path = (rest: string) => `/v1/secret-dependencies${rest}`;
  router.get(path(''), answers(world, list));
  router.get(path('/stub'), answers(world, stub));
  router.get(
    path('/templates'),
    answers(world, ({ query }) => pageOf(TEMPLATES, query)),
  );
  router.get(
    path('/scripts'),
    answers(world, ({ query }) => pageOf([], query)),
  );
  router.get(path('/groups/:secretId'), answers(world, listGroups));
  router.post(path('/groups/:secretId'), answers(world, addGroup));
  router.post(
    path('/run'),
    answersRaw(world, async (call) => run(call)),
  );
  router.get(path('/run/:identifier'), answers(world, progress));
  router.get(
    path('/:id'),
    answers(world, (call) => model(find(call, 'View'))),
  );
  router.post(path(''), answers(world, create));
  router.put(path('/:id'), answers(world, update));
  router.delete(path('/:id'), answers(world, remove));
  return router;
}

function list(call: Call) {
  const { world, query } = call;
  const secretId = query.integer('filter.secretId');
  if (secretId === undefined) throw invalid('filter.secretId', 'The secret is required.');
  findSecret(call, String(secretId), 'View');
  const inactive = query.flag('filter.includeInactive') ?? false;
  const groupId = query.integer('filter.groupId');
  const status = query.text('filter.lastRunStatus');
  const text = (query.text('filter.searchText') ?? '').toLowerCase();
  const records = [...world.dependencies.values()]
    .filter((each) => each.secretId === secretId && (each.active || inactive))
    .filter((each) => groupId === undefined || each.model['groupId'] === groupId)
    .filter((each) => !status || sameName(each.runResult, status))
    .map((each, index) => summary(each, index + 1))
    .filter(({ serviceName }) => serviceName.toLowerCase().includes(text));
  return pageOf(records, query, 'order');
}

function summary(dependency: Dependency, order: number) {
  const script = dependency.model['runScript'] as Record<string, unknown> | undefined;
  const scriptText = (name: string) => (typeof script?.[name] === 'string' ? script[name] : '');
  return {
    id: dependency.id,
    secretId: dependency.secretId,
    groupId: dependency.model['groupId'] ?? null,
    order,
    enabled: dependency.active,
    canTest: false,
    machineName: scriptText('machineName'),
    serviceName: scriptText('scriptName'),
    typeId: dependency.model['typeId'] ?? null,
    typeName: TEMPLATES.find(({ typeId }) => typeId === dependency.model['typeId'])?.typeName ?? '',
    runResult: dependency.runResult,
  };
}

function model(dependency: Dependency) {
  const { id, secretId, active, runResult } = dependency;
  return { ...dependency.model, id, secretId, active, secretDependencyStatus: runResult };
}

function stub(call: Call) {
  const secretId = call.query.integer('secretId');
  if (secretId === undefined) throw invalid('secretId', 'The secret is required.');
  findSecret(call, String(secretId), 'Owner');
  return {
    id: 0,
    secretId,
    active: true,
    description: '',
    conditionMode: 'ALWAYSRUN',
    conditionDependencyId: null,
    groupId: null,
    typeId: call.query.integer('typeId') ?? null,
    dependencyTemplate: null,
    runScript: null,
    privilegedAccountSecretId: null,
    sshKeySecretId: null,
    settings: [],
    sortOrder: 0,
    logMessage: null,
  };
}

/** The members of the vendor's model, by its own spelling. */
const MEMBERS = Object.keys({
  description: 0,
  conditionMode: 0,
  conditionDependencyId: 0,
  groupId: 0,
  typeId: 0,
  dependencyTemplate: 0,
  runScript: 0,
  privilegedAccountSecretId: 0,
  sshKeySecretId: 0,
  settings: 0,
  sortOrder: 0,
});

function membersOf({ body }: Call): Record<string, unknown> {
  return Object.fromEntries(MEMBERS.filter((name) => body.has(name)).map((name) => [name, body.raw(name)]));
}

function create(call: Call) {
  const { world, body } = call;
  const secretId = body.integer('secretId');
  if (secretId === undefined) throw invalid('secretId', 'The secret is required.');
  findSecret(call, String(secretId), 'Owner');
  if (!body.has('dependencyTemplate') && !body.has('typeId'))
    throw invalid('typeId', 'A type or template is required.');
  const id = world.nextId();
  const active = body.flag('active') ?? true;
  const dependency: Dependency = { id, secretId, model: membersOf(call), active, runResult: 'NotRun' };
  world.dependencies.set(id, dependency);
  return model(dependency);
}

function update(call: Call) {
  const dependency = find(call, 'Owner');
  if ((call.body.integer('id') ?? dependency.id) !== dependency.id)
    throw invalid('id', 'It must be the id of the path.');
  dependency.model = membersOf(call);
  dependency.active = call.body.flag('active') ?? dependency.active;
  return model(dependency);
}

function remove(call: Call) {
  const dependency = find(call, 'Owner');
  call.world.dependencies.delete(dependency.id);
  return { id: dependency.id, objectType: 'SecretDependency', responseCodes: [] };
}

function find(call: Call, role: SecretRole): Dependency {
  const dependency = call.world.dependencies.get(Number(call.param('id')));
  if (!dependency) throw accessDenied();
  findSecret(call, String(dependency.secretId), role);
  return dependency;
}

function listGroups(call: Call) {
  const secret = findSecret(call, call.param('secretId'), 'View');
  const groups = call.world.dependencyGroups.filter(({ secretId }) => secretId === secret.id);
  return groups.map((group) => ({
    secretDependencyGroupId: group.id,
    secretDependencyGroupName: group.name,
    siteId: group.siteId,
  }));
}

function addGroup(call: Call) {
  const { world, body } = call;
  const secret = findSecret(call, call.param('secretId'), 'Owner');
  const name = body.text('secretDependencyGroupName')?.trim();
  if (!name) throw invalid('secretDependencyGroupName', 'The name is required.');
  const group = { id: world.nextId(), secretId: secret.id, name, siteId: body.integer('siteId') ?? 1 };
  world.dependencyGroups.push(group);
  return { secretDependencyGroupId: group.id, secretDependencyGroupName: name, siteId: group.siteId };
}

/** Success means queued: the results stay NotRun until the test ends the run. */
function run(call: Omit<Call, 'body'>): string {
  const ids = readList(call.request).map(Number);
  const none = { has: () => false, raw: () => undefined, text: () => undefined, integer: () => undefined };
  const body = { ...none, flag: () => undefined, texts: () => [], objects: () => undefined, object: () => undefined };
  for (const id of ids) {
    const dependency = call.world.dependencies.get(id);
    if (!dependency) throw accessDenied();
    findSecret({ ...call, body }, String(dependency.secretId), 'Edit');
  }
  const identifier = randomUUID();
  call.world.dependencyRuns.set(identifier, ids);
  return identifier;
}

function progress(call: Call) {
  const ids = call.world.dependencyRuns.get(call.param('identifier'));
  if (!ids) throw accessDenied();
  const all = ids.map((id) => call.world.dependencies.get(id));
  const ended = all.filter((each) => each?.runResult !== 'NotRun');
  return {
    taskIdentifier: call.param('identifier'),
    isComplete: ended.length === all.length,
    percentageComplete: all.length === 0 ? 100 : Math.floor((100 * ended.length) / all.length),
    status: ended.length === all.length ? 'Complete' : 'Running',
    errors: ended.filter((each) => each?.runResult === 'Failed').map((each) => ({ id: each!.id, message: 'Failed' })),
  };
}
