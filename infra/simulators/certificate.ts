/** A certificate authority of its own and a certificate for this machine's loopback names, made when the simulator starts. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../dev/command.ts';

export interface ServerCertificate {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Makes both with the `openssl` command; nothing stays on disk. */
export async function makeCertificate(commonName: string): Promise<ServerCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'alm-simulator-'));
  const openssl = async (...args: string[]) => run('openssl', args, { cwd: folder });
  try {
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n';
    await writeFile(join(folder, 'extensions'), names);
    await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ca.key');
    const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    const extensions = authority.flatMap((extension) => ['-addext', extension]);
    const subject = ['-subj', `/CN=${commonName} test CA`, '-days', '365'];
    await openssl('req', '-x509', '-new', '-key', 'ca.key', ...subject, ...extensions, '-out', 'ca.pem');
    await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'server.key');
    await openssl('req', '-new', '-key', 'server.key', '-subj', `/CN=${commonName}`, '-out', 'server.csr');
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '365', '-extfile', 'extensions'];
    await openssl('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.pem');
    const [caPem, certificatePem, keyPem] = await Promise.all(
      ['ca.pem', 'server.pem', 'server.key'].map(async (name) => readFile(join(folder, name), 'utf8')),
    );
    return { caPem: caPem!, certificatePem: certificatePem!, keyPem: keyPem! };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
