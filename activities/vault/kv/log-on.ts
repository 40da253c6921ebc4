/** The ways in which an engine proves to a vault who it is. What is sent is read anew for each log-on: tokens are replaced. */
import { readFile } from 'node:fs/promises';
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';
import type { ClientCertificate } from '../https-fetch.ts';
import { tokenUnreadable } from './failures.ts';

export type LogOn =
  | { readonly method: 'approle'; readonly roleId: string; readonly secretId: Sensitive<string> }
  /** By the token that Kubernetes puts into the engine's pod, and replaces before it ends. */
  | { readonly method: 'kubernetes'; readonly role: string; readonly tokenFile: string }
  /** By the certificate of the TLS connection; without a role any that fits. */
  | { readonly method: 'cert'; readonly role?: string | undefined; readonly certificate: ClientCertificate };

/** For whoever mends a log-on that is refused. */
export const WHAT_TO_CHECK: Readonly<Record<LogOn['method'], string>> = {
  approle: 'role id, secret id, its expiry and its address ranges',
  kubernetes: 'the role, the service account and namespace that it is for, and whether the vault may ask Kubernetes',
  cert: 'the role, the certificate, its expiry and the authority that the vault trusts',
};

/** What is sent to `auth/<mount>/login`. Throws `VaultAccessDenied` when a token is not there. */
export async function logOnBody(logOn: LogOn): Promise<Readonly<Record<string, string>>> {
  switch (logOn.method) {
    case 'approle':
      return { role_id: logOn.roleId, secret_id: logOn.secretId.reveal() };
    case 'kubernetes':
      return { role: logOn.role, jwt: await tokenIn(logOn.tokenFile) };
    case 'cert':
      return logOn.role === undefined ? {} : { name: logOn.role };
  }
}

async function tokenIn(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    throw tokenUnreadable(path);
  }
}

export function certificateOf(logOn: LogOn): ClientCertificate | undefined {
  return logOn.method === 'cert' ? logOn.certificate : undefined;
}
