/** The one call that a vault makes to Kubernetes: whose service account a token is of. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenReviews {
  readonly url: string;
  /** The token of this name, of the form that vaults take: only Kubernetes can tell whether it is good. */
  tokenOf(name: string): string;
  close(): Promise<void>;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Answers `POST /apis/authentication.k8s.io/v1/tokenreviews`: tokens of these names are of the service account `engine` in the
 * namespace that is given, all others are refused. Source: kubernetes.io, TokenReview v1.
 */
export async function startTokenReviews(namespaces: Readonly<Record<string, string>>): Promise<TokenReviews> {
  const uidOf = (namespace: string): string => `uid-of-${namespace}`;
  const tokenOf = (name: string): string => {
    const namespace = namespaces[name] ?? 'nowhere';
    const serviceaccount = { name: 'engine', uid: uidOf(namespace) };
    return [part({ alg: 'ES256' }), part({ jti: name, 'kubernetes.io': { namespace, serviceaccount } }), part({})].join(
      '.',
    );
  };
  const review = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { spec } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { spec: { token: string } };
    const name = Object.keys(namespaces).find((known) => tokenOf(known) === spec.token);
    const namespace = name && namespaces[name];
    const user = { username: `system:serviceaccount:${namespace}:engine`, uid: uidOf(namespace ?? ''), groups: [] };
    const status = namespace === undefined ? { authenticated: false } : { authenticated: true, user };
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }));
  };
  const server = createServer((request, response) => void review(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    tokenOf,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
