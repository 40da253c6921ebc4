/** A certificate authority that lives as long as the simulator, and a certificate for loopback. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface ServerCertificate {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Makes both with the `openssl` command, in a folder that is gone when this returns. */
export async function makeServerCertificate(): Promise<ServerCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'alm-dsv-'));
  try {
    const openssl = async (...args: string[]) => execute('openssl', args, { cwd: folder });
    const read = async (name: string) => readFile(join(folder, name), 'utf8');
    const newKey = async (name: string) => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', name);
    await writeFile(
      join(folder, 'extensions'),
      'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n',
    );
    await newKey('ca.key');
    const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    const extensions = authority.flatMap((extension) => ['-addext', extension]);
    const subject = ['-subj', '/CN=DSV simulator CA', '-days', '30'];
    await openssl('req', '-x509', '-new', '-key', 'ca.key', ...subject, ...extensions, '-out', 'ca.pem');
    await newKey('server.key');
    await openssl('req', '-new', '-key', 'server.key', '-subj', '/CN=localhost', '-out', 'server.csr');
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'extensions'];
    await openssl('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.pem');
    return { caPem: await read('ca.pem'), certificatePem: await read('server.pem'), keyPem: await read('server.key') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
