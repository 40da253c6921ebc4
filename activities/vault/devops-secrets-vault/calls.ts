/** The calls about one secret. A path is below `/v1/`, such as `secrets/a/b` or `home/roles:engine/a/b`. */
import { sensitive, type Sensitive } from '../../../infra/runtime/sensitive.ts';
import { asFields, type Fields } from '../fields.ts';
import type { DsvAnswer, DsvCall, DsvClient } from './client.ts';
import { accessDenied, rejected } from './failures.ts';
import type { Found } from './secret.ts';

export interface Content {
  readonly data: Sensitive<Fields>;
  /** For search in the vault. */
  readonly attributes: Fields;
}

async function ask(
  client: DsvClient,
  call: DsvCall,
  expected: readonly number[],
  signal?: AbortSignal,
): Promise<DsvAnswer> {
  const answer = await client.send(call, signal);
  if (answer.status < 300 || expected.includes(answer.status)) return answer;
  throw answer.status === 401 || answer.status === 403 ? accessDenied(call) : rejected(call, answer.status);
}

export async function read(client: DsvClient, path: string, signal?: AbortSignal): Promise<Found> {
  const { status, body } = await ask(client, { method: 'GET', path }, [404], signal);
  if (status === 404) return { state: 'absent' };
  // A secret that was deleted and can be restored answers with a message in its place.
  if (body['data'] === undefined) return { state: 'marked' };
  const version = typeof body['version'] === 'string' ? body['version'] : '';
  return { state: 'there', data: sensitive(asFields(body['data'])), attributes: asFields(body['attributes']), version };
}

/** False: there is one already, or one that was deleted and can be restored. */
export async function create(
  client: DsvClient,
  path: string,
  { data, attributes }: Content,
  signal?: AbortSignal,
): Promise<boolean> {
  const body = { data: data.reveal(), attributes };
  return (await ask(client, { method: 'POST', path, body }, [400], signal)).status < 300;
}

/** Writes a new version; fields that are not named stay, or go with `overwrite`. False: there is no secret to write to. */
export async function update(
  client: DsvClient,
  path: string,
  { data, attributes }: Content,
  { overwrite }: { readonly overwrite: boolean },
  signal?: AbortSignal,
): Promise<boolean> {
  const body = { data: data.reveal(), attributes, overwrite };
  return (await ask(client, { method: 'PUT', path, body }, [400, 404], signal)).status < 300;
}

/** Nobody can read it any more; it can be restored for 72 hours. */
export async function mark(client: DsvClient, path: string, signal?: AbortSignal): Promise<void> {
  await ask(client, { method: 'DELETE', path: `${path}?force=false` }, [404], signal);
}

export async function restore(client: DsvClient, path: string, signal?: AbortSignal): Promise<boolean> {
  return (await ask(client, { method: 'PUT', path: `${path}/restore` }, [400, 404], signal)).status < 300;
}

/** With all its versions, and for good. */
export async function remove(client: DsvClient, path: string, signal?: AbortSignal): Promise<void> {
  await ask(client, { method: 'DELETE', path: `${path}?force=true` }, [404], signal);
}
