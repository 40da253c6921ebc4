/** A connection is thrown away when its state is not known any more, and kept when the server only refused something. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { createOpenConnection, type LdapConnection } from '../../activities/directory/active-directory/connection.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { openDirectoryFixture, type DirectoryFixture } from '../support/directory-fixture.ts';

/** Requests of LDAP by their tag; the answer to each has the next tag (RFC 4511, 4.2 and 4.6). */
const BIND = 0x60;
const MODIFY = 0x66;

let fixture: DirectoryFixture;
const opened: (() => void)[] = [];

beforeAll(async () => {
  fixture = await openDirectoryFixture();
  fixture.admin.destroy();
});

afterEach(() => opened.splice(0).forEach((end) => end()));

/** Message id and kind of a request: the message is a sequence of the id, the operation and perhaps controls. */
function parseRequest(message: Buffer): { id: Buffer; tag: number } {
  const lengthBytes = message[1]! < 0x80 ? 0 : message[1]! & 0x7f;
  const idAt = 2 + lengthBytes;
  const end = idAt + 2 + message[idAt + 1]!;
  return { id: message.subarray(idAt, end), tag: message[end]! };
}

/** An answer of this result without a text. */
function answer({ id, tag }: { id: Buffer; tag: number }, result: number): Buffer {
  const body = Buffer.from([tag + 1, 7, 0x0a, 1, result, 4, 0, 4, 0]);
  return Buffer.concat([Buffer.from([0x30, id.length + body.length]), id, body]);
}

/** A controller with the certificate of the real one. It lets everybody in and answers a modification with `result`. */
async function connectTo(result: number | 'nothing', operationTimeoutMs = 5_000) {
  const { caFile, ldapsUrls } = fixture.domain;
  const pem = (name: string): Buffer => readFileSync(join(dirname(caFile), name));
  const sockets: TLSSocket[] = [];
  const server = createServer({ cert: pem('dc.pem'), key: pem('dc.key') }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (message) => {
      const request = parseRequest(message);
      if (request.tag === BIND) socket.write(answer(request, 0));
      else if (request.tag === MODIFY && result !== 'nothing') socket.write(answer(request, result));
    });
  });
  const { hostname } = new URL(ldapsUrls[0]!);
  server.listen(0, hostname);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const open = createOpenConnection({ ca: fixture.config.ca, connectTimeoutMs: 30_000, operationTimeoutMs });
  const connection = await open(`ldaps://${hostname}:${port}`, { name: 'CN=engine', password: sensitive('x') });
  opened.push(() => (connection.destroy(), server.close()));
  return { connection, socket: sockets[0]! };
}

const modify = (connection: LdapConnection): Promise<void> =>
  connection.modify('CN=x', [{ operation: 'replace', type: 'description', values: ['x'] }]);

it.each([
  ['result 1 (operations error)', 1, { resultCode: 1 }],
  ['result 51 (busy)', 51, { resultCode: 51 }],
  ['result 52 (unavailable)', 52, { resultCode: 52 }],
] as const)('%s ends it', async (_name, result, expected) => {
  const { connection, socket } = await connectTo(result);
  const closed = once(socket, 'close');
  await expect(modify(connection)).rejects.toMatchObject(expected);
  expect(connection.isUsable()).toBe(false);
  await expect(modify(connection)).rejects.toMatchObject({ transport: 'closed' });
  await closed;
});

it('our own deadline ends it, where the library has none', async () => {
  const { connection, socket } = await connectTo('nothing', 0);
  const closed = once(socket, 'close');
  await expect(modify(connection)).rejects.toMatchObject({ resultCode: null, transport: 'deadline' });
  expect(connection.isUsable()).toBe(false);
  await expect(modify(connection)).rejects.toMatchObject({ transport: 'closed' });
  await closed;
});

it.each([16, 32, 50, 68])('a refusal (result %d) does not', async (result) => {
  const { connection } = await connectTo(result);
  for (let round = 0; round < 2; round += 1) {
    await expect(modify(connection)).rejects.toMatchObject({ resultCode: result });
    expect(connection.isUsable()).toBe(true);
  }
});
