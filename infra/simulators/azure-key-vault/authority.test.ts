/** The token authority's and the managed identity's rules, over bare http. */
import { constants, createHash, randomUUID, sign, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzureKeyVaultSimulator, type AzureKeyVaultSimulator } from './simulator.ts';
import { call, makeClientCertificate, type Reply } from './test-client.ts';

const CLIENT_ID = '11111111-2222-4333-8444-555555555555';
const ELSEWHERE_ID = '77777777-2222-4333-8444-555555555555';
const OTHER_TENANT = '99999999-2222-4333-8444-555555555555';
const SECRET = 'a client secret of the test';
const SCOPE = 'https://vault.azure.net/.default';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let simulator: AzureKeyVaultSimulator;
let nowSeconds = 0;
let certificate: Awaited<ReturnType<typeof makeClientCertificate>>;

beforeAll(async () => {
  certificate = await makeClientCertificate();
  nowSeconds = Math.floor(Date.parse(new X509Certificate(certificate.certificatePem).validFrom) / 1_000) + 60;
  simulator = await startAzureKeyVaultSimulator({
    applications: [
      {
        clientId: CLIENT_ID,
        secrets: [{ value: 'old', expiresAtMs: nowSeconds * 1_000 }, { value: SECRET }],
        certificatesPem: [certificate.certificatePem],
      },
      { clientId: ELSEWHERE_ID, tenantId: OTHER_TENANT, secrets: [{ value: SECRET }] },
    ],
    managedIdentityClientId: CLIENT_ID,
    nowMs: () => nowSeconds * 1_000,
  });
});
afterAll(async () => simulator.close());

const base = { grant_type: 'client_credentials', client_id: CLIENT_ID, scope: SCOPE };
const ask = async (form: Record<string, string>, tenant = simulator.tenantId): Promise<Reply> =>
  call(simulator.caPem, 'POST', `${simulator.authorityUrl}/${tenant}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    text: new URLSearchParams(form).toString(),
  });
const brief = ({ status, body }: Reply) => [status, body.error, body.error_codes?.[0]].filter(Boolean).join(' ');

describe('the grant', () => {
  it('answers a token of an hour, bound to tenant and resource', async () => {
    const { status, body, headers } = await ask({ ...base, client_secret: SECRET });
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3_599, ext_expires_in: 3_599 });
    expect(headers['cache-control']).toContain('no-store');
    const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
    expect(claims).toMatchObject({
      aud: 'https://vault.azure.net',
      iss: `https://sts.windows.net/${simulator.tenantId}/`,
      appid: CLIENT_ID,
      exp: nowSeconds + 3_599,
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['no grant type', { grant_type: '' }, '400 invalid_request 900144'],
    ['another grant', { grant_type: 'password' }, '400 unsupported_grant_type 70003'],
    ['no client id', { client_id: '' }, '400 invalid_request 900144'],
    ['an unknown client', { client_id: randomUUID() }, '400 unauthorized_client 700016'],
    ['a client of another tenant', { client_id: ELSEWHERE_ID }, '400 unauthorized_client 700016'],
    ['a scope without .default', { scope: 'https://vault.azure.net' }, '400 invalid_scope 1002012'],
    ['two scopes', { scope: `${SCOPE} openid` }, '400 invalid_scope 1002012'],
    ['an unknown resource', { scope: 'https://x.example/.default' }, '400 invalid_resource 500011'],
    ['a doubled slash in the scope', { scope: 'https://vault.azure.net//.default' }, '400 invalid_resource 500011'],
    ['a wrong secret', { client_secret: 'wrong' }, '401 invalid_client 7000215'],
    ['an expired secret', { client_secret: 'old' }, '401 invalid_client 7000222'],
    ['secret and assertion', { client_assertion: 'a.b.c' }, '400 invalid_client 7000216'],
  ])('is refused for %s', async (_what, change, expected) => {
    expect(brief(await ask({ ...base, client_secret: SECRET, ...change }))).toBe(expected);
  });

  it('is refused without proof, in an unknown tenant, and as JSON', async () => {
    expect(brief(await ask(base))).toBe('400 invalid_client 7000216');
    expect(brief(await ask({ ...base, client_secret: SECRET }, randomUUID()))).toBe('400 invalid_request 90002');
    const url = `${simulator.authorityUrl}/${simulator.tenantId}/oauth2/v2.0/token`;
    const json = { ...base, client_secret: SECRET };
    expect(brief(await call(simulator.caPem, 'POST', url, { json }))).toBe('400 invalid_request 900144');
  });

  it('describes itself', async () => {
    const at = async (path: string, tenant = simulator.tenantId) =>
      call(simulator.caPem, 'GET', `${simulator.authorityUrl}/${tenant}${path}`);
    const { body } = await at('/v2.0/.well-known/openid-configuration');
    expect(body.token_endpoint).toBe(`${simulator.authorityUrl}/${simulator.tenantId}/oauth2/v2.0/token`);
    expect((await at('/discovery/v2.0/keys')).body.keys).toHaveLength(1);
    expect((await at('/v2.0/.well-known/openid-configuration', randomUUID())).status).toBe(400);
  });
});

describe('a client assertion', () => {
  const assertion = (claims: object = {}, header: object = {}, keyPem = certificate.keyPem, pss = true) => {
    const der = new X509Certificate(certificate.certificatePem).raw;
    const thumbprint = createHash('sha256').update(der).digest('base64url');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const audience = `${simulator.authorityUrl}/${simulator.tenantId}/oauth2/v2.0/token`;
    const who = { aud: audience, iss: CLIENT_ID, sub: CLIENT_ID, jti: randomUUID() };
    const all = { ...who, nbf: nowSeconds, exp: nowSeconds + 600, ...claims };
    const text = `${encode({ alg: pss ? 'PS256' : 'RS256', 'x5t#S256': thumbprint, ...header })}.${encode(all)}`;
    const padding = pss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    const signature = sign('sha256', Buffer.from(text), { key: keyPem, padding, ...(pss ? { saltLength } : {}) });
    return `${text}.${signature.toString('base64url')}`;
  };
  const prove = async (text: string, type = ASSERTION_TYPE) =>
    ask({ ...base, client_assertion: text, client_assertion_type: type });

  it.each<[string, () => string, string]>([
    ['good', () => assertion(), '200'],
    ['with the older padding', () => assertion({}, {}, certificate.keyPem, false), '200'],
    ['no token', () => 'abc', '401 invalid_client 50027'],
    ['unsigned', () => assertion({}, { alg: 'none' }), '401 invalid_client 700027'],
    ['of an unregistered certificate', () => assertion({}, { 'x5t#S256': 'AAAA' }), '401 invalid_client 700027'],
    ['with padding other than said', () => assertion({}, { alg: 'RS256' }), '401 invalid_client 700027'],
    ['for another audience', () => assertion({ aud: 'https://x.example' }), '401 invalid_client 700023'],
    ['of another client', () => assertion({ iss: ELSEWHERE_ID }), '401 invalid_client 700021'],
    ['about another client', () => assertion({ sub: ELSEWHERE_ID }), '401 invalid_client 700021'],
    ['without jti', () => assertion({ jti: undefined }), '401 invalid_client 700027'],
    ['run out', () => assertion({ nbf: nowSeconds - 600, exp: nowSeconds }), '401 invalid_client 700024'],
    ['not valid yet', () => assertion({ nbf: nowSeconds + 60 }), '401 invalid_client 700024'],
    ['valid for too long', () => assertion({ exp: nowSeconds + 601 }), '401 invalid_client 700024'],
  ])('%s', async (_what, make, expected) => {
    expect(brief(await prove(make()))).toBe(expected);
  });

  it('by another key, or of a type that is not known, proves nothing', async () => {
    const { keyPem } = await makeClientCertificate();
    expect(brief(await prove(assertion({}, {}, keyPem)))).toBe('401 invalid_client 700027');
    expect(brief(await prove(assertion(), 'jwt'))).toBe('400 invalid_request 900144');
  });

  it('by a certificate that has run out proves nothing', async () => {
    nowSeconds += 3 * 86_400;
    expect(brief(await prove(assertion()))).toBe('401 invalid_client 700027');
    nowSeconds -= 3 * 86_400;
  });
});

describe('the managed identity', () => {
  const imds = '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net';
  const appService = '/msi/token?api-version=2019-08-01&resource=https://vault.azure.net';
  const metadata = { Metadata: 'true' };

  it.each<[string, string, () => Record<string, string>, number]>([
    ['IMDS', imds, () => metadata, 200],
    ['IMDS for its client id', `${imds}&client_id=${CLIENT_ID}`, () => metadata, 200],
    ['IMDS for another client id', `${imds}&client_id=${ELSEWHERE_ID}`, () => metadata, 400],
    ['IMDS without the header', imds, () => ({}), 400],
    ['IMDS through a proxy', imds, () => ({ ...metadata, 'X-Forwarded-For': '10.0.0.1' }), 400],
    ['IMDS for a scope', `${imds}/.default`, () => metadata, 400],
    ['IMDS of another version', imds.replace('2018', '2017'), () => metadata, 400],
    ['App Service', appService, () => ({ 'X-IDENTITY-HEADER': simulator.managedIdentity.appServiceHeader }), 200],
    ['App Service with a wrong header', appService, () => ({ 'X-IDENTITY-HEADER': 'x' }), 401],
  ])('%s', async (_what, path, headers, status) => {
    const reply = await fetch(`${simulator.managedIdentity.imdsHost}${path}`, { headers: headers() });
    expect(reply.status).toBe(status);
    if (status !== 200) return;
    expect(await reply.json()).toMatchObject({ token_type: 'Bearer', expires_on: String(nowSeconds + 3_599) });
  });
});
