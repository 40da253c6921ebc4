import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOUR_MS, openVault, type Reply, type TestVault } from './test-client.ts';

const ANN = { userName: 'ann', password: 'pass word&1' };
const TOM = { userName: 'tom', password: 'other-1', provider: 'thy-one' };
const REFUSED = { code: 401, message: 'unable to authenticate' };
let vault: TestVault;

beforeAll(async () => (vault = await openVault({ users: [ANN, TOM] })));
afterAll(async () => vault.close());

const token = async (body: unknown, headers?: Record<string, string>): Promise<Reply> =>
  vault.send('POST', '/v1/token', body, headers);
const client = (role: string): Record<string, string> => {
  const { clientId, clientSecret } = vault.addClient(role);
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
};
const password = { grant_type: 'password', username: ANN.userName, password: ANN.password };
const claimsOf = (accessToken: string): { sub: string; exp: number } =>
  JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString());
const subject = ({ body }: Reply): string => claimsOf(body.accessToken).sub;
/** The status of a call that needs no permission to be answered otherwise than 401. */
const status = async (authorization: string): Promise<number> =>
  (await vault.send('GET', '/v1/secrets/a', undefined, { authorization })).status;

test('a client gets a token of its role, and no refresh token', async () => {
  const reply = await token(client('alm'));
  expect(reply).toMatchObject({ status: 200, body: { tokenType: 'bearer', expiresIn: 3600 } });
  expect(Object.keys(reply.body).sort()).toEqual(['accessToken', 'expiresIn', 'tokenType']);
  expect(subject(reply)).toBe('roles:alm');
});

test('users are of a provider or local', async () => {
  expect(subject(await token(password))).toBe('users:ann');
  const { userName: username, ...rest } = TOM;
  expect(subject(await token({ grant_type: 'password', username, ...rest }))).toBe('users:thy-one:tom');
  const elsewhere = [
    { ...password, provider: 'thy-one' },
    { grant_type: 'password', username, password: TOM.password },
  ];
  for (const grant of elsewhere) expect(await token(grant)).toMatchObject({ status: 401, body: REFUSED });
});

test('a form will do, and names of members in any case', async () => {
  const form = new URLSearchParams(password).toString();
  expect((await token(form, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(200);
  const shouted = Object.fromEntries(Object.entries(password).map(([name, value]) => [name.toUpperCase(), value]));
  expect((await token(shouted)).status).toBe(200);
});

test.each([
  ['no body', undefined],
  ['no grant', {}],
  ['a grant of nobody', { grant_type: 'implicit' }],
  ['a grant with the name of a method of objects', { grant_type: 'toString' }],
  ['no secret', { grant_type: 'client_credentials', client_id: 'x' }],
  ['an empty secret', { grant_type: 'client_credentials', client_id: 'x', client_secret: '' }],
  ['a secret of another type', { grant_type: 'client_credentials', client_id: 'x', client_secret: 1 }],
  ['no user', { grant_type: 'password', password: 'x' }],
  ['no refresh token', { grant_type: 'refresh_token' }],
  ['AWS without its body', { grant_type: 'aws_iam', aws_headers: 'x' }],
  ['OpenID without its state', { grant_type: 'oidc', provider: 'x', authorization_code: 'x', callback_url: 'x' }],
  ['a list', []],
  ['not JSON', '{'],
])('%s is 400', async (_, body) => {
  const reply = await token(body, { 'content-type': 'application/json' });
  expect(reply).toMatchObject({ status: 400, body: { code: 400, message: expect.any(String) } });
});

test.each([
  { grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' },
  { ...password, password: 'wrong' },
  { grant_type: 'refresh_token', refresh_token: 'x' },
  { grant_type: 'azure', jwt: 'x' },
  { grant_type: 'gcp', jwt: 'x' },
  { grant_type: 'aws_iam', aws_headers: 'x', aws_body: 'y' },
  { grant_type: 'certificate', cert_challenge_id: 'x', decrypted_challenge: 'y' },
])('$grant_type with what is not good is 401 with a code', async (body) => {
  expect(await token(body)).toMatchObject({ status: 401, body: REFUSED });
});

test('a token is sent with or without Bearer, and lives an hour', async () => {
  const { accessToken } = (await token(client('alm'))).body;
  expect([await status(`Bearer ${accessToken}`), await status(accessToken)]).toEqual([403, 403]);
  const { exp } = claimsOf(accessToken);
  expect(exp).toBe(Math.floor(vault.now() / 1_000) + 3_600);
  vault.pass(exp * 1_000 - vault.now() - 1);
  expect(await status(accessToken)).toBe(403);
  vault.pass(1);
  expect(await status(accessToken)).toBe(401);
});

test('the 401 of a token has no code', async () => {
  const { accessToken } = (await token(client('alm'))).body;
  const [head, claims, signature] = accessToken.split('.');
  const forged = Buffer.from(Buffer.from(claims, 'base64url').toString().replace('alm', 'dba')).toString('base64url');
  const bad = [
    '',
    'Bearer',
    'Bearer x',
    `Basic ${accessToken}`,
    `${head}.${forged}.${signature}`,
    `${head}.${claims}.`,
  ];
  for (const authorization of bad) {
    const reply = await vault.send('GET', '/v1/secrets/a', undefined, { authorization });
    expect([reply.status, reply.body], authorization).toEqual([401, { message: 'Unauthorized' }]);
  }
  expect((await vault.send('GET', '/v1/nowhere')).body).toEqual({ message: 'Unauthorized' });
});

test('a refresh token is good once, for 48 hours, and brings a new one', async () => {
  const refresh = async (refresh_token: string) => token({ grant_type: 'refresh_token', refresh_token });
  const first = (await token(password)).body.refreshToken;
  vault.pass(48 * HOUR_MS - 1);
  const second = await refresh(first);
  expect(subject(second)).toBe('users:ann');
  expect((await refresh(first)).body).toEqual(REFUSED);
  vault.pass(48 * HOUR_MS);
  expect((await refresh(second.body.refreshToken)).body).toEqual(REFUSED);
});

test('a token is worth nothing once its client or role is gone', async () => {
  const administrator = await vault.asAdministrator();
  const [one, other] = [client('gone'), client('gone')];
  const [ofOne, ofOther] = [(await token(one)).body.accessToken, (await token(other)).body.accessToken];
  await administrator('DELETE', `clients/${one['client_id']}`);
  expect([await status(ofOne), await status(ofOther)]).toEqual([401, 403]);
  expect((await token(one)).body).toEqual(REFUSED);
  await administrator('DELETE', 'roles/gone');
  expect([await status(ofOther), (await token(other)).status]).toEqual([401, 401]);
  await administrator('PUT', 'roles/gone/restore');
  expect([await status(ofOther), (await token(other)).status]).toEqual([403, 200]);
});
