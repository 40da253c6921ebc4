/** The connection to AWS Secrets Manager, by the official client. */
import https from 'node:https';
import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';
import { awsFailure, nameOf } from './failures.ts';

export interface SecretsManagerConfig {
  readonly region: string;
  /** Instead of the region's public endpoint: such as that of a VPC. */
  readonly endpoint?: string | undefined;
  /** PEM of the certificate authorities to trust instead of Node's own list. */
  readonly caPem?: string | undefined;
  /** Without them the SDK looks for some: its environment variables, profile, container or machine. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: Sensitive<string> } | undefined;
  /** Instead of the region's default key for secrets. */
  readonly kmsKeyId?: string | undefined;
}

export type RequestHandler = SecretsManagerClientConfig['requestHandler'];

export interface Service {
  readonly client: SecretsManagerClient;
  readonly region: string;
  readonly kmsKeyId: string | undefined;
  /** The answer to a call; undefined for one of the exceptions that `expected` names, a failure of the catalogue for others. */
  readonly unless: <Answer>(
    expected: readonly string[],
    operation: string,
    call: () => Promise<Answer>,
  ) => Promise<Answer | undefined>;
}

/** For each try of a request; the SDK makes three. Together less than an attempt of a step. */
const REQUEST_TIMEOUT_MS = 7_000;
const CONNECTION_TIMEOUT_MS = 4_000;

/** Opens no connection yet. */
export function openService(config: SecretsManagerConfig, requestHandler?: RequestHandler): Service {
  const { region, endpoint, credentials, kmsKeyId } = config;
  const client = new SecretsManagerClient({
    region,
    requestHandler: requestHandler ?? httpsHandler(config.caPem),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: revealed(credentials) }),
  });
  return {
    client,
    region,
    kmsKeyId,
    async unless(expected, operation, call) {
      try {
        return await call();
      } catch (error) {
        if (expected.includes(nameOf(error))) return undefined;
        throw awsFailure({ operation, region }, error);
      }
    },
  };
}

/** Certificates are always verified, whatever Node's environment says. */
export function httpsHandler(caPem?: string): NodeHttpHandler {
  const trust = { rejectUnauthorized: true, ...(caPem ? { ca: caPem } : {}) };
  return new NodeHttpHandler({
    httpsAgent: new https.Agent({ keepAlive: true, ...trust }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
  });
}

export const until = (signal?: AbortSignal): { abortSignal?: AbortSignal } => (signal ? { abortSignal: signal } : {});

function revealed({ accessKeyId, secretAccessKey }: NonNullable<SecretsManagerConfig['credentials']>) {
  return { accessKeyId, secretAccessKey: secretAccessKey.reveal() };
}
