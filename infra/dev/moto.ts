/** Moto, which stands in for AWS Secrets Manager, from the Python package index. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';
import { ensurePythonEnvironment } from './python-environment.ts';

const VERSION = '5.2.3';
const PACKAGES = [`moto[secretsmanager]==${VERSION}`, 'flask==3.1.3', 'flask-cors==6.0.5'];

export interface Moto {
  readonly url: string;
  stop(): Promise<void>;
}

/** The path of the `moto_server` command. */
export async function ensureMoto(say: (text: string) => void): Promise<string> {
  return join(await ensurePythonEnvironment(`moto-${VERSION}`, PACKAGES, say), 'bin', 'moto_server');
}

/** A server of its own on a free port, with nothing in it. */
export async function startMoto(command: string): Promise<Moto> {
  const port = await freePort();
  const server = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const url = `http://127.0.0.1:${port}/`;
  await eventually('Moto answers', async () => (await fetch(url).catch(() => undefined)) !== undefined, {
    timeoutMs: 30_000,
  });
  return {
    url,
    async stop() {
      server.kill();
      await ended;
    },
  };
}
