import { createConnection } from 'node:net';
import { expect, test } from 'vitest';
import { startServer } from './server.ts';

const LOCAL = { host: '127.0.0.1', port: 0 };

test('draining lets running requests end and takes no new ones', async () => {
  const { promise: answering, resolve: answer } = Promise.withResolvers<void>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const server = await startServer((_request, response) => {
    arrive();
    void answering.then(() => response.end('done'));
  }, LOCAL);
  const running = fetch(server.url);
  await arrived;
  const drained = server.drain(10_000);
  await expect(fetch(server.url)).rejects.toThrow();
  answer();
  expect(await (await running).text()).toBe('done');
  await drained;
});

test('what does not end within the grace is cut off', async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const server = await startServer(() => arrive(), LOCAL);
  const running = fetch(server.url);
  const failed = expect(running).rejects.toThrow();
  await arrived;
  await server.drain(50);
  await failed;
});

test('a port that is taken is told', async () => {
  const server = await startServer((_request, response) => response.end(), LOCAL);
  const { port } = new URL(server.url);
  await expect(startServer(() => undefined, { host: '127.0.0.1', port: Number(port) })).rejects.toThrow('EADDRINUSE');
  await server.drain(0);
});

async function answerTo(url: string, request: string): Promise<string> {
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
  socket.end(request);
  let answer = '';
  for await (const part of socket) answer += String(part);
  return answer;
}

test('a request without a Host gets a problem document, one of HTTP/1.0 an answer', async () => {
  const server = await startServer((_request, response) => response.end('alive'), LOCAL);
  for (const host of ['', 'Host:\r\n']) {
    const refused = await answerTo(server.url, `GET / HTTP/1.1\r\n${host}\r\n`);
    expect(refused).toMatch(
      /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"MalformedRequest"[^]*Host header/,
    );
  }
  expect(await answerTo(server.url, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/200 OK[^]*alive$/);
  await server.drain(0);
});

test('an expectation that nobody meets gets a problem document, the usual one an answer', async () => {
  const server = await startServer((_request, response) => response.end('alive'), LOCAL);
  const asking = (expectation: string) =>
    answerTo(server.url, `GET / HTTP/1.1\r\nHost: x\r\nExpect: ${expectation}\r\nConnection: close\r\n\r\n`);
  expect(await asking('foo')).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"MalformedRequest"/);
  expect(await asking('100-continue')).toMatch(/200 OK[^]*alive/);
  await server.drain(0);
});

test('a connection that is reset does no harm', async () => {
  const server = await startServer((_request, response) => response.end('alive'), LOCAL);
  const socket = createConnection(Number(new URL(server.url).port), '127.0.0.1');
  socket.write('GET / HT');
  socket.resetAndDestroy();
  expect(await (await fetch(server.url)).text()).toBe('alive');
  await server.drain(0);
});
