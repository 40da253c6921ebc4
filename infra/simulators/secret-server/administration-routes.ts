/** What is not a secret, folder or template: health, version, own user, sites, machine clients (docs.delinea.com, Secret Server REST API). */
import { randomBytes, randomUUID } from 'node:crypto';
import { Router } from 'express';
import { readBody } from './arguments.ts';
import { pageOf } from './paging.ts';
import { accessDenied, invalid, refusal } from './refusals.ts';
import { answers, type Call } from './routing.ts';
import { expireToken } from './tokens.ts';
import type { SdkClient, User, World } from './types.ts';
import { isAtLeast, needs } from './versions.ts';

/** The routes that need no bearer. */
export function openRoutes(world: World): Router {
  const router = Router();
  router.get('/api/v1/healthcheck', (_request, response) => {
    const { healthy } = world.settings;
    response.status(healthy ? 200 : 503);
    if (world.settings.healthStyle === 'text') response.type('text/plain').send(healthy ? 'Healthy' : 'Not well');
    else response.json({ ...healthMembers(world), ...healthVerdict(world) });
  });
  router.get('/healthcheck.aspx', (_request, response) => {
    response
      .status(world.settings.healthy ? 200 : 503)
      .type('html')
      .send('<html><body>Healthcheck</body></html>');
  });
  // The onboarding call has no bearer: its key and rule stand for one.
  router.post('/api/v1/sdk-client-accounts', (request, response) => {
    needs(world, '10.4');
    if (!world.settings.webServicesEnabled)
      throw refusal({ status: 403, body: { message: 'Web services are not enabled.' } });
    response.json(onboard(world, readBody(request)));
  });
  return router;
}

function healthVerdict({ settings }: World): Record<string, boolean> {
  const { healthStyle, healthy } = settings;
  return {
    ...(healthStyle === 'lower' ? {} : { Healthy: healthy }),
    ...(healthStyle === 'capital' ? {} : { healthy }),
  };
}

function healthMembers(world: World) {
  const now = new Date(world.nowMs()).toISOString();
  return {
    databaseHealthy: world.settings.healthy,
    databaseMismatch: false,
    now,
    provisionDeletionDateTime: null,
    readOnlyMode: false,
    scheduledForDeletion: false,
    serviceBusHealthy: true,
    storageAccountHealthy: true,
    utcNow: now,
  };
}

/** The routes below `/api` that need a bearer. */
export function administrationRoutes(world: World): Router {
  const router = Router();
  router.post(
    '/v1/oauth-expiration',
    answers(world, ({ request }) => expireToken(world, request)),
  );
  router.get('/v1/version', answers(world, version));
  router.get(
    '/v1/users/current',
    answers(world, ({ user }) => userModel(user)),
  );
  router.get(
    '/v1/users/lookup',
    answers(world, (call) => {
      const records = usersFound(call).map((user) => ({ id: user.id, value: user.displayName }));
      return pageOf(records, call.query, 'value');
    }),
  );
  router.get(
    '/v1/users',
    answers(world, (call) => pageOf(usersFound(call).map(userModel), call.query, 'userName')),
  );
  router.get(
    '/v1/sites',
    answers(world, () => world.sites),
  );
  router.get(
    '/v1/sdk-client-accounts/:id',
    answers(world, (call) => clientModel(world, clientOf(call), false)),
  );
  router.post(
    '/v1/sdk-client-accounts/:id/revoke',
    answers(world, (call) => {
      clientOf(call).revoked = true;
      return true;
    }),
  );
  return router;
}

/** A substring of the user's name or display name: never proof that it is the user meant. */
function usersFound({ world, query }: Call): User[] {
  const text = (query.text('filter.searchText') ?? '').toLowerCase();
  const inactive = query.flag('filter.includeInactive') ?? false;
  return [...world.users.values()]
    .filter(({ enabled }) => enabled || inactive)
    .filter((user) => `${user.username}\n${user.displayName}`.toLowerCase().includes(text));
}

function userModel(user: User) {
  return {
    id: user.id,
    userName: user.username,
    displayName: user.displayName,
    emailAddress: user.email ?? '',
    enabled: user.enabled,
    isApplicationAccount: user.kind === 'application',
  };
}

/** Hidden version numbers: the sources say only that the call may fail. */
function version({ world }: Call) {
  if (world.settings.hideVersionNumbers) throw accessDenied();
  const own = { version: world.settings.version };
  return isAtLeast(world, '11.2') ? own : { model: own, success: true, severity: 'None' };
}

function onboard(world: World, body: ReturnType<typeof readBody>) {
  const name = body.text('name')?.trim();
  if (!name) throw invalid('name', 'The name is required.');
  const rule = world.sdkRules.find((each) => each.name === body.text('ruleName'));
  if (!rule?.enabled || (rule.onboardingKey ?? '') !== (body.text('onboardingKey') ?? '')) throw accessDenied();
  const client: SdkClient = {
    id: world.nextId(),
    name,
    clientId: body.text('clientId') || randomUUID(),
    clientSecret: randomBytes(32).toString('base64url'),
    userId: rule.userId,
    revoked: false,
  };
  if ([...world.sdkClients.values()].some(({ clientId }) => clientId === client.clientId)) {
    throw invalid('clientId', 'It is in use.');
  }
  world.sdkClients.set(client.id, client);
  return clientModel(world, client, true);
}

/** The secret is shown once, at onboarding. */
function clientModel(world: World, client: SdkClient, withSecret: boolean) {
  return {
    id: client.id,
    userId: client.userId,
    name: client.name,
    clientId: client.clientId,
    clientSecret: withSecret ? client.clientSecret : null,
    ipAddress: '127.0.0.1',
    userDisplayName: world.users.get(client.userId)?.displayName ?? '',
  };
}

function clientOf(call: Call): SdkClient {
  const client = call.world.sdkClients.get(Number(call.param('id')));
  if (!client || !(call.user.unlimited || call.user.id === client.userId)) throw accessDenied();
  return client;
}
