import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../../../infra/simulators/certificate.ts';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import { createSecretsManagerVault } from './store.ts';

/** Has no secrets, and a certificate of an authority that nobody trusts. */
const server = createServer({}, (request, response) => {
  request.resume().on('end', () => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ __type: 'ResourceNotFoundException', Message: 'none' }));
  });
});
let caPem: string;
let endpoint: string;

beforeAll(async () => {
  const certificate = await makeCertificate('localhost');
  caPem = certificate.caPem;
  server.setSecureContext({ cert: certificate.certificatePem, key: certificate.keyPem });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const probe = async (trusted?: string) => {
  const credentials = { accessKeyId: 'AKIAENGINE', secretAccessKey: sensitive('of-the-test') };
  return createSecretsManagerVault({ region: 'eu-central-1', endpoint, caPem: trusted, credentials }).probe('a/b');
};

test('a certificate that is not trusted is refused, whatever the environment says', async () => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    expect(await probe()).toMatchObject({ ready: false, code: 'VaultUnavailable' });
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  }
  expect(await probe(caPem)).toEqual({ ready: true });
});
