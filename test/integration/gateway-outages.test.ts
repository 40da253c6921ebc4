/** The gateway while the control plane or Temporal is away. */
import { once } from 'node:events';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createLifecycleGateway,
  openLifecycleGateway,
  type LifecycleGateway,
  type OpenGateway,
} from '../../api/lifecycle-gateway.ts';
import { parseKeyRing } from '../../infra/runtime/codec-keys.ts';
import { createDataConverter } from '../../infra/runtime/data-converter.ts';
import { createNamespace } from '../support/namespace.ts';
import { stateFolder } from '../support/our-stack.ts';
import { sampleSubmission } from '../support/projection-samples.ts';

const FQDN = 'corp.example.com';
const AWAY = { name: 'Refusal', code: 'ServiceUnavailable', message: expect.stringContaining('same Idempotency-Key') };
const NOBODY = { failed: 'away', message: expect.any(String) };
const QUESTION = {
  domain: FQDN,
  organizationalUnits: [],
  groups: [],
  folder: 'service-accounts',
  samAccountName: null,
};
const codecKeys = parseKeyRing(`test:${randomBytes(32).toString('base64')}`);
const dataConverter = createDataConverter(codecKeys);
const NO_CREDENTIALS = {
  temporalTls: false,
  temporalApiKey: undefined,
  temporalCaPem: undefined,
  temporalCertPem: undefined,
  temporalKeyPem: undefined,
};

test('without a control plane it is ServiceUnavailable in time', async () => {
  const stack = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8'));
  const connection = await Connection.connect({ address: stack.temporal.address });
  const client = new Client({ connection, namespace: await createNamespace(connection), dataConverter });
  const idle = createLifecycleGateway(client, { updateDeadlineMs: 1_500 });
  await expect(idle.submit(FQDN, randomUUID(), sampleSubmission())).rejects.toMatchObject(AWAY);
  await idle.ping();
  // What nobody works on is told within the time that the caller has, and left to nobody.
  expect(await idle.inspectTemplate(QUESTION, 1_000)).toEqual({ directory: NOBODY, vault: NOBODY });
  // Accounts are told when the control plane is back.
  await idle.reassess(randomUUID(), { approvers: { users: ['anna'], groups: [] }, left: [] });
  await connection.close();
});

describe('a Temporal that is away, whether it refuses connections or is silent', () => {
  const silent = createServer();
  const opened: OpenGateway[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()));
    silent.close();
  });
  const away = async (kind: 'refuses' | 'silent'): Promise<LifecycleGateway> => {
    if (!silent.listening) await once(silent.listen(0, '127.0.0.1'), 'listening');
    const port = kind === 'silent' ? (silent.address() as AddressInfo).port : 1;
    const temporalAddress = `127.0.0.1:${port}`;
    const one = openLifecycleGateway({ ...NO_CREDENTIALS, temporalAddress, temporalNamespace: 'default', codecKeys });
    opened.push(one);
    return one.gateway;
  };

  test.each(['refuses', 'silent'] as const)('is ServiceUnavailable within seconds: %s', async (kind) => {
    const cutOff = await away(kind);
    const askedAt = Date.now();
    await Promise.all([
      expect(cutOff.submit(FQDN, randomUUID(), sampleSubmission())).rejects.toMatchObject(AWAY),
      expect(
        cutOff.act(FQDN, randomUUID(), 'retire', { actor: 'rita', operationId: randomUUID() }),
      ).rejects.toMatchObject(AWAY),
      expect(cutOff.ping()).rejects.toThrow(),
      cutOff.engineStatus(FQDN).then((status) => expect(status).toEqual({ status: 'unknown', lastSeenAt: null })),
      cutOff.inspectTemplate(QUESTION, 3_000).then((result) => expect(result.directory).toEqual(NOBODY)),
      expect(cutOff.reassess(randomUUID(), { approvers: { users: [], groups: [] }, left: [] })).rejects.toMatchObject(
        AWAY,
      ),
    ]);
    expect(Date.now() - askedAt).toBeLessThan(9_000);
  });

  test('an error of the client that wraps the status of the call is the same', async () => {
    const nowhere = Connection.lazy({ address: '127.0.0.1:1', interceptors: [] });
    const cutOff = createLifecycleGateway(new Client({ connection: nowhere, dataConverter }));
    await expect(cutOff.snapshot(FQDN, randomUUID())).rejects.toMatchObject(AWAY);
    await nowhere.close();
  });
});
