/**
 * AWS Secrets Manager as strict as AWS: a server in front of Moto, which does the work and lets too much through. Refused
 * here: credentials that nobody gave out, operations that are not allowed, a client request token with another content, writes
 * to what is scheduled for deletion, values over 64 KB, a name that was free a moment ago. One request at a time: of two that
 * race, one comes first. Source: docs.aws.amazon.com/secretsmanager/latest/apireference, the errors of each operation.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStrictService, PREFIX, type Body, type Service, type StrictFrontFaults } from './strict-service.ts';

export interface StrictFront {
  readonly url: string;
  readonly faults: StrictFrontFaults;
  close(): Promise<void>;
}

export interface StrictFrontOptions {
  /** Where Moto serves. */
  readonly motoUrl: string;
  readonly accessKeyId: string;
}

/** Listens on loopback, on a free port. */
export async function startStrictFront({ motoUrl, accessKeyId }: StrictFrontOptions): Promise<StrictFront> {
  const faults: StrictFrontFaults = { denied: [], throttled: 0, namesKept: 0 };
  const service = createStrictService(motoUrl, accessKeyId, faults);
  let turn: Promise<unknown> = Promise.resolve();
  const server = createServer((request, response) => {
    const answered = turn.then(async () => serve(request, response, service));
    turn = answered.catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers: Record<string, string> = {};
  for (const name of ['authorization', 'x-amz-target', 'x-amz-date', 'content-type', 'x-amz-security-token']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const operation = (headers['x-amz-target'] ?? '').replace(PREFIX, '');
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Body;
  const answer = await service({ operation, body, headers });
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(answer.body));
}
