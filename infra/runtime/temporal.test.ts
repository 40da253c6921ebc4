import { expect, test } from 'vitest';
import { sensitive } from './sensitive.ts';
import { connectionOptions } from './temporal.ts';

const settings = {
  temporalAddress: 'temporal.example.com:7233',
  temporalApiKey: undefined,
  temporalTls: false,
  temporalCaPem: undefined,
  temporalCertPem: undefined,
  temporalKeyPem: undefined,
};

test('without any of it there is no TLS', () => {
  expect(connectionOptions(settings)).toEqual({ address: 'temporal.example.com:7233', tls: false });
});

test('TLS is used when asked for, and whenever an API key, an authority or a client certificate is given', () => {
  expect(connectionOptions({ ...settings, temporalTls: true }).tls).toBe(true);
  expect(connectionOptions({ ...settings, temporalApiKey: sensitive('key') })).toMatchObject({
    tls: true,
    apiKey: 'key',
  });
  expect(connectionOptions({ ...settings, temporalCaPem: 'CA' }).tls).toEqual({
    serverRootCACertificate: Buffer.from('CA'),
  });
  expect(connectionOptions({ ...settings, temporalCertPem: 'CRT', temporalKeyPem: 'KEY' }).tls).toEqual({
    clientCertPair: { crt: Buffer.from('CRT'), key: Buffer.from('KEY') },
  });
});
