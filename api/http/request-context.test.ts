import { randomUUID } from 'node:crypto';
import express from 'express';
import { afterEach, expect, test } from 'vitest';
import type { User } from '../../contracts/permissions.ts';
import type { SubmitMessage } from '../../contracts/workflows.ts';
import type { Database } from '../../db/client.ts';
import { createLogger } from '../../infra/runtime/logger.ts';
import { sampleAccount } from '../../test/support/projection-samples.ts';
import { noAnswer } from '../gateway/temporal-errors.ts';
import type { LifecycleGateway } from '../lifecycle-gateway.ts';
import { accountActionRoutes } from '../routes/account-actions.ts';
import { accountRoutes } from '../routes/accounts.ts';
import { requestRoutes } from '../routes/requests.ts';
import { requestHandler } from './implementation.ts';
import { answerWithProblem } from './problem.ts';
import { requestContext } from './request-context.ts';
import { startServer, type RunningServer } from './server.ts';

const ada: User = { name: 'ada', role: 'administrator', groups: [], standsFor: [] };
const account = sampleAccount({ state: 'active', requester: 'ada' });

let server: RunningServer | undefined;
afterEach(async () => server?.drain(0));

/** Account routes over a database that has this account only, and a gateway that was not asked before. */
async function start(act: (operationId: string) => Promise<typeof account>) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ program: 'api', level: 'info', destination });
  const clock = () => new Date();
  const gateway = {
    act: (_domain: string, _id: string, _action: string, { operationId }: { operationId: string }) => act(operationId),
    submit: (_domain: string, _id: string, { operationId }: SubmitMessage) => act(operationId),
  } as unknown as LifecycleGateway;
  const db = { query: async () => [{ ...account }] } as unknown as Database;
  const dependencies = { db, gateway, clock, logger, allowShortIntervals: false };
  const app = express().use(requestContext(logger, clock, undefined));
  const routes = [...accountRoutes(dependencies), ...accountActionRoutes(dependencies), ...requestRoutes(dependencies)];
  for (const implementation of routes) {
    const { method, path } = implementation.route;
    app[method](
      path.replace('{id}', ':id'),
      requestHandler(implementation, async () => ada),
    );
  }
  app.use(answerWithProblem);
  server = await startServer(app, { host: '127.0.0.1', port: 0 });
  const { url } = server;
  const send = async (method: string, path: string, body?: object) => {
    const headers = { 'idempotency-key': randomUUID(), 'content-type': 'application/json' };
    const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    await response.text();
    return { status: response.status, requestId: response.headers.get('x-request-id') };
  };
  return { lines, send };
}

test('the line of a request says which account it was about', async () => {
  const { lines, send } = await start(async () => account);
  const read = await send('GET', `/accounts/${account.id}`);
  expect(read.status).toBe(200);
  expect(lines).toMatchObject([{ level: 'info', msg: 'request', requestId: read.requestId, accountId: account.id }]);
});

test('the line of an action says the operation, by the id that the workflow knows', async () => {
  const asked: string[] = [];
  const { lines, send } = await start(async (operationId) => (asked.push(operationId), account));
  await send('POST', `/accounts/${account.id}/resume`, {});
  expect(lines.at(-1)).toMatchObject({ msg: 'request', accountId: account.id, operationId: asked[0] });
});

test('when Temporal is away every line of a request for an account says which, and one says why', async () => {
  const unavailable = Object.assign(new Error('14 UNAVAILABLE: no connection'), { code: 14 });
  const { lines, send } = await start(() => Promise.reject(noAnswer(unavailable)));
  const { status } = await send('POST', `/accounts/${account.id}/resume`, {});
  expect(status).toBe(503);
  const ids = { accountId: account.id, operationId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string };
  expect(lines).toMatchObject([
    { level: 'warn', code: 'ServiceUnavailable', error: { message: unavailable.message, code: 14 }, ...ids },
    { level: 'warn', msg: 'request', status: 503, code: 'ServiceUnavailable', ...ids },
  ]);
});

test('a request for an account is logged with the id that it will have, before there is one', async () => {
  const { lines, send } = await start(() => Promise.reject(noAnswer()));
  const { samAccountName, justification, templateId } = account;
  await send('POST', '/requests', { templateId, samAccountName, justification });
  expect(lines.at(-1)).toMatchObject({
    msg: 'request',
    status: 503,
    accountId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/) as string,
    operationId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/) as string,
  });
});
