import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { NativeConnection } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { installQuietRuntime } from '../test/support/quiet-runtime.ts';
import { temporalReadiness } from './temporal-readiness.ts';

type Asked = Parameters<typeof temporalReadiness>[0];

/** A connection whose server answers `answer`, and how often it was asked. */
function connectionTo(answer: () => Promise<unknown>) {
  const seen = { asked: 0, deadlineMs: 0 };
  const connection = {
    withDeadline: (deadline: number, call: () => Promise<unknown>) => {
      seen.deadlineMs = deadline - Date.now();
      return call();
    },
    workflowService: { getSystemInfo: () => ((seen.asked += 1), answer()) },
  } as unknown as Asked;
  return { connection, seen };
}

test('a Temporal that answers is ok for seconds, and is asked under a deadline', async () => {
  const { connection, seen } = connectionTo(async () => ({}));
  const check = temporalReadiness(connection);
  for (let round = 0; round < 3; round += 1) expect(await check()).toBe('ok');
  expect(seen.asked).toBe(1);
  expect(seen.deadlineMs).toBeGreaterThan(0);
  expect(seen.deadlineMs).toBeLessThan(5_000);
});

test('one that is away is not ok, and asked again at once', async () => {
  const answers = [Promise.reject(Object.assign(new Error('no way'), { code: 14 })), Promise.resolve({})];
  const { connection } = connectionTo(() => answers.shift()!);
  const check = temporalReadiness(connection);
  expect(await check()).toBe('does not answer (gRPC code 14)');
  expect(await check()).toBe('ok');
});

/** An empty message, as gRPC frames it: an answer without capabilities. */
const EMPTY_MESSAGE = Buffer.alloc(5);

/** A server that answers calls until it is told to fall silent, as one does that was stopped with SIGSTOP. */
async function serverThatFallsSilent() {
  const state = { silent: false };
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => void sessions.add(session));
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    if (state.silent) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(EMPTY_MESSAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  return { state, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

test('the deadline ends the wait for a server that has fallen silent', async () => {
  installQuietRuntime();
  const server = await serverThatFallsSilent();
  const connection = await NativeConnection.connect({ address: server.address });
  try {
    expect(await temporalReadiness(connection)()).toBe('ok');
    server.state.silent = true;
    const begin = performance.now();
    expect(await temporalReadiness(connection, 300)()).toMatch(/^does not answer/);
    expect(performance.now() - begin).toBeLessThan(3_000);
  } finally {
    await connection.close();
    server.close();
  }
});
