/**
 * A repeated request is recognised by its Idempotency-Key. Requests about accounts turn it into the ids that their
 * workflow knows; requests about the configuration are recorded with their answers.
 */
import { createHash } from 'node:crypto';
import type { Route } from '../../contracts/http/route.ts';
import type { Database } from '../../db/client.ts';
import { beginOperation, completeOperation, findOperation } from '../../db/queries/operations.ts';
import type { Call } from './implementation.ts';
import { refusal } from './refusal.ts';

/** The account that a request of `caller` under `key` makes, whenever and however often it arrives. */
export function accountIdFor(caller: string, key: string): string {
  return uuidOf(['account', caller, key]);
}

/** The id of one operation of `caller` on `route` under `key`: the update's id. */
export function operationIdFor(caller: string, route: string, key: string): string {
  return uuidOf(['operation', caller, route, key]);
}

/** A UUID of version 8 (RFC 9562 §5.8) from a hash over `parts`. */
function uuidOf(parts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export interface ConfigurationRequest {
  readonly route: Route;
  readonly call: Call;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

interface Change<B> {
  /** What the caller gets. */
  readonly body: B;
  /** What a repetition gets: without what is shown once. */
  readonly recorded?: B;
}

/**
 * Makes a change of the configuration once, in one transaction with the record of its answer. A repetition changes
 * nothing and gets the recorded answer. A refusal, thrown by `change`, leaves nothing behind: the key can be used again.
 */
export async function onceOnly<B>(
  db: Database,
  request: ConfigurationRequest,
  change: (transaction: Database) => Promise<Change<B>>,
): Promise<B> {
  const { route, call, at } = request;
  const operation = { caller: call.caller.name, key: call.idempotencyKey };
  return db.transaction(async (transaction) => {
    const begun = await beginOperation(transaction, {
      ...operation,
      fingerprint: fingerprintOf(request),
      createdAt: at,
    });
    if (begun.outcome === 'key-reused') throw keyReused();
    if (begun.outcome === 'answered') return begun.answer.body as B;
    const { body, recorded = body } = await change(transaction);
    await completeOperation(transaction, operation, { status: route.answer.status, body: recorded });
    return body;
  });
}

/**
 * What {@link onceOnly} recorded for the request; `undefined` for a new one. For checks that take too long to be made in a
 * transaction: a repetition gets its first answer, whatever they would say now.
 */
export async function answeredBefore<B>(
  db: Database,
  request: Pick<ConfigurationRequest, 'route' | 'call'>,
): Promise<B | undefined> {
  const { caller, idempotencyKey: key } = request.call;
  const found = await findOperation(db, { caller: caller.name, key, fingerprint: fingerprintOf(request) });
  if (found.outcome === 'key-reused') throw keyReused();
  return found.outcome === 'answered' ? (found.answer.body as B) : undefined;
}

export function keyReused() {
  return refusal(
    'IdempotencyKeyReused',
    'This Idempotency-Key came with another request before. Send a new key for a new request.',
  );
}

function fingerprintOf({ route, call }: Pick<ConfigurationRequest, 'route' | 'call'>): string {
  return createHash('sha256')
    .update(JSON.stringify([route.operationId, call.params, call.body]))
    .digest('hex');
}
