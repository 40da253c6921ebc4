/** People and domains of a stack, made through the public API as an administrator would. */
import { join } from 'node:path';
import { run } from './command.ts';
import { NODE, PROJECT } from './paths.ts';
import type { TokenName } from './state.ts';

const USERS = [
  ['requester', 'requester'],
  ['approver1', 'approver'],
  ['approver2', 'approver'],
  ['approver3', 'approver'],
  ['owner', 'owner'],
] as const;

/** Makes an administrator, one user for each token name, and the domains; answers the tokens. */
export async function seed(
  url: string,
  databaseUrlFile: string,
  domains: readonly string[],
): Promise<Record<TokenName, string>> {
  const program = join(PROJECT, 'api/create-administrator.ts');
  const printed = await run(NODE, [program, 'administrator'], { env: { DATABASE_URL_FILE: databaseUrlFile } });
  const administrator = /\balm_[A-Za-z0-9_-]+/.exec(printed)?.[0];
  if (!administrator) throw new Error('api/create-administrator.ts printed no token');
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${administrator}`,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const tokens: Partial<Record<TokenName, string>> = { administrator };
  for (const [name, role] of USERS) {
    tokens[name] = ((await post('/users', { name, role, emails: [`${name}@example.com`] })) as { token: string }).token;
  }
  for (const fqdn of domains) await post('/domains', { fqdn });
  return tokens as Record<TokenName, string>;
}
