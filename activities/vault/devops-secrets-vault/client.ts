/** HTTP to DevOps Secrets Vault: log-on by client credentials, a deadline for each request, answers as status and JSON. */
import { sensitive, type Sensitive } from '../../../infra/runtime/sensitive.ts';
import { unreachable, type CallName } from '../failures.ts';
import { createHttpsFetch, type HttpsFetch } from '../https-fetch.ts';
import { createSession, type Grant } from '../session.ts';
import { logOnRefused, notAVault, unavailable } from './failures.ts';

export interface DsvConfig {
  /** Such as `https://tenant.secretsvaultcloud.eu`. */
  readonly address: string;
  /** PEM of the certificate authorities to trust instead of Node's own list. */
  readonly caPem?: string | undefined;
  readonly clientId: string;
  readonly clientSecret: Sensitive<string>;
  /** The role of the client: the engine's personal area has its name. */
  readonly role: string;
}

export interface DsvCall extends CallName {
  readonly body?: unknown;
}

export interface DsvAnswer {
  readonly status: number;
  /** `{}` when the answer has no body. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface DsvClient {
  /**
   * Sends one call under the engine's token. On 401 or 403 it logs on anew and sends it once more: both may mean a dead token.
   * Returns any answer below 500 but throttling; throws `VaultUnavailable`, or from the log-on `VaultAccessDenied`.
   */
  send(call: DsvCall, signal?: AbortSignal): Promise<DsvAnswer>;
}

const REQUEST_TIMEOUT_MS = 8_000;

export function createDsvClient(config: DsvConfig, fetch?: HttpsFetch, nowMs?: () => number): DsvClient {
  const address = config.address.replace(/\/+$/, '');
  const http = fetch ?? createHttpsFetch(config.caPem);

  async function request(call: DsvCall, headers: Record<string, string>, signal?: AbortSignal) {
    const deadline = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    try {
      const response = await http(`${address}/v1/${call.path}`, {
        method: call.method,
        headers: { 'content-type': 'application/json', ...headers },
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw unreachable(address, call, error);
    }
  }

  async function exchange(call: DsvCall, token?: Sensitive<string>, signal?: AbortSignal): Promise<DsvAnswer> {
    const answer = await request(call, token ? { authorization: `Bearer ${token.reveal()}` } : {}, signal);
    const elsewhere = answer.status >= 300 && answer.status < 400;
    if (answer.status >= 500 || answer.status === 429 || elsewhere) throw unavailable(address, call, answer.status);
    const body = answer.text.trim() === '' ? {} : parseObject(answer.text);
    if (!body) throw notAVault(address, call, answer.status);
    return { status: answer.status, body };
  }

  async function logOn(): Promise<Grant> {
    const { clientId, clientSecret } = config;
    const credentials = { client_id: clientId, client_secret: clientSecret.reveal() };
    const body = { grant_type: 'client_credentials', ...credentials };
    const answer = await exchange({ method: 'POST', path: 'token', body });
    const { accessToken, expiresIn } = answer.body;
    if (typeof accessToken !== 'string') throw logOnRefused(address, answer.status);
    const leaseSeconds = typeof expiresIn === 'number' ? expiresIn : 0;
    return { token: sensitive(accessToken), leaseSeconds, renewable: false };
  }

  const session = createSession({ logOn, renew: async () => Promise.resolve(undefined) }, nowMs);

  return {
    async send(call, signal) {
      const token = await session.token();
      const answer = await exchange(call, token, signal);
      if (answer.status !== 401 && answer.status !== 403) return answer;
      session.drop(token);
      return exchange(call, await session.token(), signal);
    },
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
