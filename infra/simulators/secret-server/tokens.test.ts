import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, send, startFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
let now = Date.parse('2026-03-01T10:00:00Z');

beforeAll(async () => {
  fixture = await startFixture({ nowMs: () => now, virtualDirectory: '/SecretServer' });
  const { admin } = fixture.simulator;
  admin.addUser({ username: 'jo', domain: 'CORP', password: PASSWORD });
  admin.addUser({ username: 'off', password: PASSWORD, enabled: false });
  admin.addUser({ username: 'cloud', password: PASSWORD, kind: 'entra' });
  admin.addUser({ username: 'otp', password: PASSWORD, otp: '123456' });
  admin.addUser({ username: 'one', password: PASSWORD, email: 'one@corp.example' });
});

afterAll(async () => fixture.simulator.close());

async function grant(form: Record<string, string>, headers: Record<string, string> = {}) {
  return send(fixture.simulator.caPem, 'POST', `${fixture.simulator.url}/oauth2/token`, { form, headers });
}

const password = (username: string, more: Record<string, string> = {}) => ({
  grant_type: 'password',
  username,
  password: PASSWORD,
  ...more,
});

describe('log-on', () => {
  test.each([
    ['a local user', password('alm'), 200],
    ['a user whose name is in another case', password('ALM'), 200],
    ['a directory user by the field', password('jo', { domain: 'corp' }), 200],
    ['a directory user by a prefix', password('CORP\\jo'), 200],
    ['a directory user without the domain', password('jo'), 400],
    ['a local user with a domain', password('alm', { domain: 'CORP' }), 400],
    ['a wrong password', password('alm', { password: 'no' }), 400],
    ['an unknown user', password('nobody'), 400],
    ['a disabled user', password('off'), 400],
    ['an Entra ID user', password('cloud'), 400],
    ['a user with two factors and no code', password('otp'), 400],
  ])('%s', async (_what, form, status) => {
    const reply = await grant(form);
    expect(reply.status).toBe(status);
    if (status === 200) {
      expect(reply.json).toEqual({ access_token: expect.any(String), token_type: 'bearer', expires_in: 1_199 });
    } else {
      expect(reply.text).toBe('{"error":"Login failed."}');
    }
  });

  test.each([
    ['another grant', { grant_type: 'implicit' }, 'unsupported_grant_type'],
    ['no grant', {}, 'unsupported_grant_type'],
    ['an unknown client', { grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' }, 'invalid_client'],
    ['refresh that is not enabled', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant'],
  ])('refuses %s', async (_what, form, error) => {
    const reply = await grant(form);
    expect([reply.status, reply.json]).toEqual([400, { error }]);
  });

  test('takes the second factor from the header, and the form whatever the content type says', async () => {
    expect((await grant(password('otp'), { OTP: '123456' })).status).toBe(200);
    expect((await grant(password('otp'), { OTP: '654321' })).status).toBe(400);
    expect((await grant(password('alm'), { 'content-type': 'application/json' })).status).toBe(200);
  });

  test('refuses the local password of a user with an e-mail address where One is on', async () => {
    expect((await grant(password('one'))).status).toBe(200);
    fixture.simulator.admin.set({ oneEnabled: true });
    expect((await grant(password('one'))).status).toBe(400);
    expect((await grant(password('alm'))).status).toBe(200);
    fixture.simulator.admin.set({ oneEnabled: false });
  });

  test('a GET has no grant', async () => {
    const reply = await send(fixture.simulator.caPem, 'GET', `${fixture.simulator.url}/oauth2/token`);
    expect(reply.status).toBe(405);
  });
});

describe('a token', () => {
  const current = async (token: string) => fixture.api('GET', '/v1/users/current', undefined, token);

  test('ends with the session, by log-out, with its user, and when all are ended', async () => {
    const dead = [403, { message: 'Authentication failed or expired token.' }];
    const old = await fixture.logOn('alm');
    now += 20 * 60_000 - 1;
    expect((await current(old)).json).toMatchObject({ userName: 'alm' });
    now += 1;
    const reply = await current(old);
    expect([reply.status, reply.json]).toEqual(dead);

    const out = await fixture.logOn('alm');
    expect((await fixture.api('POST', '/v1/oauth-expiration', undefined, out)).text).toBe('true');
    expect((await current(out)).status).toBe(403);

    const [own, killed] = [await fixture.logOn('alm'), await fixture.logOn('alm')];
    fixture.simulator.admin.user(fixture.userId).enabled = false;
    expect((await current(own)).status).toBe(403);
    fixture.simulator.admin.user(fixture.userId).enabled = true;
    expect((await current(own)).status).toBe(200);
    fixture.simulator.admin.killTokens();
    expect((await current(killed)).status).toBe(403);
  });

  test('is missing or unknown: 403, or 401 without a body, as the settings say', async () => {
    expect((await send(fixture.simulator.caPem, 'GET', `${fixture.simulator.url}/api/v1/sites`)).status).toBe(403);
    fixture.simulator.admin.set({ deadTokenStatus: 401 });
    const reply = await current('unknown');
    expect([reply.status, reply.text]).toEqual([401, '']);
    fixture.simulator.admin.set({ deadTokenStatus: 403 });
  });

  test('may be unlimited', async () => {
    fixture.simulator.admin.set({ sessionTimeoutMinutes: null });
    const reply = await grant(password('alm'));
    expect(reply.json.expires_in).toBe(2_147_483_647);
    now += 365 * 24 * 3_600_000;
    expect((await current(reply.json.access_token)).status).toBe(200);
    fixture.simulator.admin.set({ sessionTimeoutMinutes: 20 });
  });

  test('is refreshed a limited number of times, each refresh token once', async () => {
    fixture.simulator.admin.set({ refreshTokensEnabled: true, maximumRefreshes: 2 });
    const refresh = async (value: string) => grant({ grant_type: 'refresh_token', refresh_token: value });
    const first = (await grant(password('alm'))).json.refresh_token;
    const second = (await refresh(first)).json.refresh_token;
    expect((await refresh(first)).json).toEqual({ error: 'invalid_grant' });
    const third = await refresh(second);
    expect([third.status, third.json.refresh_token]).toEqual([200, undefined]);
    const late = (await grant(password('alm'))).json.refresh_token;
    now += 35 * 60_000;
    expect((await refresh(late)).status).toBe(400);
    fixture.simulator.admin.set({ refreshTokensEnabled: false });
  });
});

describe('machine clients', () => {
  const onboard = async (body: object) => {
    return send(fixture.simulator.caPem, 'POST', `${fixture.simulator.url}/api/v1/sdk-client-accounts`, { body });
  };

  test('are onboarded by rule and key, log on, and are revoked', async () => {
    fixture.simulator.admin.addSdkRule({ name: 'alm', userId: fixture.userId, onboardingKey: 'key' });
    expect((await onboard({ name: 'alm-1', ruleName: 'alm' })).json).toMatchObject({ errorCode: 'API_AccessDenied' });
    const made = await onboard({ Name: 'alm-1', RuleName: 'alm', OnboardingKey: 'key' });
    expect(made.json).toMatchObject({ name: 'alm-1', userId: fixture.userId });
    const { id, clientId: client_id, clientSecret: client_secret } = made.json;
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    const token = (await grant(form)).json.access_token;
    const shown = await fixture.api('GET', `/v1/sdk-client-accounts/${id}`, undefined, token);
    expect(shown.json).toMatchObject({ clientId: client_id, clientSecret: null });
    expect((await grant({ ...form, client_secret: 'no' })).json).toEqual({ error: 'invalid_client' });
    expect((await fixture.api('POST', `/v1/sdk-client-accounts/${id}/revoke`, undefined, token)).json).toBe(true);
    expect((await grant(form)).json).toEqual({ error: 'invalid_client' });
  });
});

describe('the Platform', () => {
  const path = '/identity/api/oauth2/token/xpmplatform';
  const platform = async (method: string, at: string, options: object = {}) => {
    return send(fixture.simulator.caPem, method, `${fixture.simulator.platformUrl}${at}`, options);
  };

  test('tells itself from Secret Server by the health checks', async () => {
    const { caPem, url } = fixture.simulator;
    expect((await platform('GET', '/health')).json).toEqual({ Healthy: true, healthy: true });
    expect((await platform('GET', '/api/v1/healthcheck')).status).toBe(404);
    expect((await send(caPem, 'GET', `${url}/api/v1/healthcheck`)).json).toMatchObject({
      Healthy: true,
      healthy: true,
    });
    expect((await send(caPem, 'GET', `${url}/health`)).text).toContain('<html>');
  });

  test('gives a token that the vault takes, and lists the vaults', async () => {
    const { admin } = fixture.simulator;
    const client = admin.addPlatformClient({ userId: fixture.userId });
    const stranger = admin.addPlatformClient();
    const form = (id: string, secret: string, scope = 'xpmheadless') => ({
      form: { grant_type: 'client_credentials', client_id: id, client_secret: secret, scope },
    });
    const reply = await platform('POST', path, form(client.clientId, client.clientSecret));
    expect(reply.json).toMatchObject({ expires_in: 3_600, scope: 'xpmheadless', session_expires_in: 7_200 });
    const token = reply.json.access_token;
    const vaults = await platform('GET', '/vaultbroker/api/vaults', { token });
    expect(vaults.json.vaults[0].connection.url).toBe(`${fixture.simulator.url}/`);
    expect((await fixture.api('GET', '/v1/users/current', undefined, token)).json.userName).toBe('alm');
    const refreshed = await platform('POST', path, {
      form: { grant_type: 'refresh_token', refresh_token: reply.json.refresh_token },
    });
    expect(refreshed.status).toBe(200);

    const other = await platform('POST', path, form(stranger.clientId, stranger.clientSecret));
    expect((await fixture.api('GET', '/v1/users/current', undefined, other.json.access_token)).status).toBe(403);

    expect((await platform('POST', path, form(client.clientId, 'no'))).json).toEqual({ error: 'invalid_client' });
    const scope = await platform('POST', path, form(client.clientId, client.clientSecret, 'all'));
    expect(scope.json).toEqual({ error: 'invalid_scope' });
    expect((await platform('GET', '/vaultbroker/api/vaults')).status).toBe(401);
    const local = await fixture.logOn('alm');
    expect((await platform('GET', '/vaultbroker/api/vaults', { token: local })).status).toBe(401);
    now += 3_600_000;
    expect((await fixture.api('GET', '/v1/users/current', undefined, token)).status).toBe(403);
  });
});
