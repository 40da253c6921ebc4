/** Free ports and loopback addresses, so that any number of stacks may run at once. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to outgoing connections (32768 and up): one of those may be taken between now and its
 * server's start, or while that server is down.
 */
const PORTS = { from: 16_384, below: 32_768 };
const TRIES = 50;

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = await listenOnce('127.0.0.1', randomInt(PORTS.from, PORTS.below));
    if (port !== undefined) return port;
  }
  throw new Error('no free port on 127.0.0.1');
}

/** A loopback address on which all of `ports` are free. */
export async function freeLoopbackAddress(ports: readonly number[]): Promise<string> {
  for (let tries = 0; tries < TRIES; tries++) {
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
