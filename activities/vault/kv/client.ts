/**
 * HTTP to a KV v2 vault (HashiCorp Vault ≥ 1.11 or OpenBao): log-on, a deadline for each request, answers as
 * status and JSON. Nothing is logged here, and no body gets into a failure.
 */
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';
import { certificateOf, logOnBody, WHAT_TO_CHECK, type LogOn } from './log-on.ts';
import { unreachable, type CallName } from '../failures.ts';
import { logOnRefused, notAVault, sealed, unavailable } from './failures.ts';
import { createSession, type Grant } from '../session.ts';
import { parseGrant } from './grant.ts';
import { createHttpsFetch, type HttpsFetch } from '../https-fetch.ts';

export interface KvClientConfig {
  /** Such as `https://vault.example.com:8200`. Plain http is accepted for this machine only. */
  readonly address: string;
  /** PEM of the certificate authorities to trust instead of Node's own list. */
  readonly caPem?: string | undefined;
  /** Vault Enterprise's and OpenBao's namespace. */
  readonly namespace?: string | undefined;
  readonly logOn: LogOn;
  /** Where the method of log-on is mounted below `auth/`, if not under its own name. */
  readonly authMount?: string | undefined;
  /** For each request, in milliseconds. */
  readonly requestTimeoutMs?: number | undefined;
}

export interface VaultCall extends CallName {
  readonly body?: unknown;
}

export interface VaultResponse {
  readonly status: number;
  /** `{}` when the answer has no body. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface KvClient {
  /**
   * Sends one call under the engine's token. On 401 or 403 it logs on anew and sends it once more: both statuses may
   * mean a dead token. Returns any answer below 500 but throttling; throws `VaultUnavailable`, `VaultSealed` or, from
   * the log-on, `VaultAccessDenied`.
   */
  send(call: VaultCall, signal?: AbortSignal): Promise<VaultResponse>;
}

const DEFAULT_REQUEST_TIMEOUT_MS = 8_000;

/** Below 500, and still "not now": a node that lags behind, too many requests, replication secondaries. */
const TRY_LATER: ReadonlySet<number> = new Set([412, 429, 472, 473]);

export function createKvClient(config: KvClientConfig, fetch?: HttpsFetch, nowMs?: () => number): KvClient {
  const address = checkedAddress(config.address);
  const http = fetch ?? createHttpsFetch(config.caPem, certificateOf(config.logOn));
  const authMount = config.authMount ?? config.logOn.method;

  async function request(call: VaultCall, headers: Record<string, string>, signal?: AbortSignal) {
    const deadline = AbortSignal.timeout(config.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS);
    try {
      const response = await http(`${address}/v1/${call.path}`, {
        method: call.method,
        headers: { 'x-vault-request': 'true', ...headers },
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw unreachable(address, call, error);
    }
  }

  async function exchange(call: VaultCall, token?: Sensitive<string>, signal?: AbortSignal): Promise<VaultResponse> {
    const answer = await request(
      call,
      {
        ...(call.body === undefined ? {} : { 'content-type': contentType(call) }),
        ...(config.namespace ? { 'x-vault-namespace': config.namespace } : {}),
        ...(token ? { 'x-vault-token': token.reveal() } : {}),
      },
      signal,
    );
    if (answer.status === 503 && (await isSealed())) throw sealed(address);
    // A redirect comes from a standby that does not forward: the address must lead to the active node.
    const elsewhere = answer.status >= 300 && answer.status < 400;
    if (answer.status >= 500 || elsewhere || TRY_LATER.has(answer.status)) {
      throw unavailable(address, call, answer.status);
    }
    const body = answer.text.trim() === '' ? {} : parseObject(answer.text);
    if (!body) throw notAVault(address, call, answer.status);
    return { status: answer.status, body };
  }

  async function isSealed(): Promise<boolean> {
    const health = { method: 'GET', path: 'sys/health' };
    const answer = await request(health, {}).catch(() => undefined);
    return answer !== undefined && parseObject(answer.text)?.['sealed'] === true;
  }

  async function logOn(): Promise<Grant> {
    const body = await logOnBody(config.logOn);
    const call = { method: 'POST', path: `auth/${authMount}/login`, body };
    const response = await exchange(call);
    const grant = response.status === 200 ? parseGrant(response.body) : undefined;
    if (!grant) throw logOnRefused(address, WHAT_TO_CHECK[config.logOn.method], response.status);
    return grant;
  }

  async function renew(token: Sensitive<string>): Promise<Grant | undefined> {
    const call = { method: 'POST', path: 'auth/token/renew-self', body: {} };
    const response = await exchange(call, token).catch(() => undefined);
    return response?.status === 200 ? parseGrant(response.body) : undefined;
  }

  const session = createSession({ logOn, renew }, nowMs);

  return {
    async send(call, signal) {
      const token = await session.token();
      const response = await exchange(call, token, signal);
      if (response.status !== 401 && response.status !== 403) return response;
      session.drop(token);
      return exchange(call, await session.token(), signal);
    },
  };
}

/** The address without a trailing slash. Throws on what could send a password in the clear or somewhere else. */
function checkedAddress(address: string): string {
  const url = new URL(address);
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new Error(
      `the vault's address must begin with https:// (plain http is for this machine only): ${url.origin}`,
    );
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new Error("the vault's address must not have credentials, a query or a fragment");
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function contentType(call: CallName): string {
  return call.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
