import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { createRegistry, startTelemetry, type ReadinessCheck, type Telemetry } from './telemetry.ts';

const logger = createLogger({ program: 'test', level: 'fatal' });
const open: (Telemetry | Server)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(close));
});

async function close(each: Telemetry | Server): Promise<void> {
  if (!('closeAllConnections' in each)) return each.close();
  each.closeAllConnections();
  await new Promise((resolve) => each.close(resolve));
}

async function start(readiness: Record<string, ReadinessCheck> = {}, sdkMetricsPort?: number) {
  const registry = createRegistry('test');
  const telemetry = await startTelemetry({ host: '127.0.0.1', port: 0, registry, readiness, sdkMetricsPort, logger });
  open.push(telemetry);
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(telemetry.url + path, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return { registry, telemetry, get };
}

/** Stands for the Temporal SDK's exporter. */
async function exporter(text: string): Promise<number> {
  const server = createServer((_request, response) => response.end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return (server.address() as AddressInfo).port;
}

test('lives as long as it answers', async () => {
  const { get } = await start({ broken: () => 'is broken' });
  expect((await get('/health/live')).status).toBe(200);
});

test('is ready when every part is, and says which is not', async () => {
  let vault = 'ok';
  const { get } = await start({ vault: () => vault, database: () => Promise.resolve('ok') });
  expect(await get('/health/ready')).toMatchObject({ status: 200 });
  vault = 'is sealed';
  const { status, text } = await get('/health/ready');
  expect(status).toBe(503);
  expect(JSON.parse(text)).toEqual({ status: 'not-ready', checks: { vault: 'is sealed', database: 'ok' } });
});

test('a check that throws, or never answers, is not ok', { timeout: 10_000 }, async () => {
  const { get } = await start({
    thrown: () => Promise.reject(new Error('refused')),
    hanging: () => new Promise<string>(() => undefined),
  });
  const { status, text } = await get('/health/ready');
  expect(status).toBe(503);
  expect(JSON.parse(text)).toMatchObject({ checks: { thrown: 'refused', hanging: 'gave no answer in 5 s' } });
});

test('is not ready while it ends', async () => {
  const { get, telemetry } = await start();
  telemetry.drain();
  expect(JSON.parse((await get('/health/ready')).text)).toMatchObject({ checks: { process: 'is shutting down' } });
  expect((await get('/health/live')).status).toBe(200);
});

test("metrics are ours, the process's and the SDK's", async () => {
  const { registry, get } = await start({}, await exporter('temporal_long_request{x="y"} 3\n'));
  new Counter({ name: 'alm_things_total', help: 'Things.', registers: [registry] }).inc(2);
  const { status, text, headers } = await get('/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(text).toMatch(/^alm_things_total\{program="test"\} 2$/m);
  expect(text).toMatch(/^process_resident_memory_bytes/m);
  expect(text).toMatch(/^temporal_long_request\{x="y"\} 3$/m);
});

test('our metrics are there although the SDK does not answer', async () => {
  const port = await exporter('');
  await close(open.pop()!);
  const { text, status } = await (await start({}, port)).get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('process_resident_memory_bytes');
});

test('other paths and methods are refused', async () => {
  const { get } = await start();
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', { method: 'POST', body: 'x' })).status).toBe(405);
});

test('a port that is taken is an error', async () => {
  const port = await exporter('');
  const options = { host: '127.0.0.1', port, registry: createRegistry('test'), readiness: {}, logger };
  await expect(startTelemetry(options)).rejects.toThrow(/EADDRINUSE/);
});
