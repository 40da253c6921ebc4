/** Free ports and loopback addresses, so that any number of stacks may run at once. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const port = await listenOnce('127.0.0.1', 0);
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  return port;
}

/** A loopback address on which all of `ports` are free. */
export async function freeLoopbackAddress(ports: readonly number[]): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const address = `127.${randomInt(1, 255)}.${randomInt(0, 255)}.${randomInt(1, 255)}`;
    const listened = await Promise.all(ports.map((port) => listenOnce(address, port)));
    if (!listened.includes(undefined)) return address;
  }
  throw new Error(`no loopback address has the ports ${ports.join(', ')} free (ports below 1024 need root)`);
}

async function listenOnce(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
