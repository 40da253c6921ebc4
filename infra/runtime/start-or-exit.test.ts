import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const holder: Server = createServer();
let taken: string;
beforeAll(async () => {
  await once(holder.listen(0, '127.0.0.1'), 'listening');
  taken = String((holder.address() as AddressInfo).port);
});
afterAll(() => void holder.close());

/** Runs a program to its end: its exit code, the last line of its log, and what came beside the log. */
async function run(path: string, ports: Record<string, string>) {
  const env = {
    ALM_CODEC_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    DATABASE_URL: 'postgres://nobody:pw@127.0.0.1:1/none',
    ALM_METRICS_PORT: '0',
    ...ports,
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, '../..', path)], { env });
  let [out, beside] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (beside += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const last = JSON.parse(out.trim().split('\n').at(-1)!) as Record<string, unknown>;
  return { code, last, beside };
}

test.each([
  ['api/main.ts', 'ALM_API_PORT'],
  ['api/main.ts', 'ALM_METRICS_PORT'],
  ['workers/codec-server.ts', 'ALM_CODEC_SERVER_PORT'],
  ['workers/codec-server.ts', 'ALM_METRICS_PORT'],
])('%s, whose port of %s is taken, says so in its log and ends', { timeout: 30_000 }, async (path, name) => {
  const { code, last, beside } = await run(path, { ALM_API_PORT: '0', ALM_CODEC_SERVER_PORT: '0', [name]: taken });
  expect(beside).toBe('');
  expect(last).toMatchObject({ level: 'fatal', error: { code: 'EADDRINUSE' } });
  expect(JSON.stringify(last)).toContain(`127.0.0.1:${taken}`);
  expect(code).toBe(1);
});
