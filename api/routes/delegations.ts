/** Delegations of the caller. Requests that are open learn of them. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { instantSchema } from '../../contracts/fields.ts';
import {
  createDelegation,
  endDelegation,
  listDelegations,
  type delegationSchema,
  type newDelegationSchema,
} from '../../contracts/http/delegations.ts';
import * as queries from '../../db/queries/delegations.ts';
import type { Dependencies } from '../dependencies.ts';
import { onceOnly, operationIdFor } from '../http/idempotency.ts';
import { implement, type Call, type Implementation } from '../http/implementation.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { invalid, notFound } from '../http/refusal.ts';
import { reassessAfter } from '../reassessment.ts';

type Delegation = z.infer<typeof delegationSchema>;
type NewDelegation = z.infer<typeof newDelegationSchema>;

const cursorSchema = z.strictObject({
  startsAt: instantSchema.refine((text) => Date.parse(text) > 0),
  id: z.uuid(),
});

/** Whoever is away for longer hands their part over; and Temporal counts no start delay beyond 292 years. */
const LONGEST_MS = 2 * 366 * 24 * 3_600_000;

export function delegationRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  /** What the accounts are told on whose open step the delegator sits. */
  const concerning = (delegator: string) => ({ approvers: { users: [delegator], groups: [] }, left: [] });
  return [
    implement(listDelegations, async ({ query: { after, limit }, caller }) => {
      const cursor = decodeCursor(cursorSchema, after);
      const page = await queries.listDelegations(db, { delegator: caller.name, limit, after: cursor });
      return { body: pageAnswer(page, shown) };
    }),
    implement(createDelegation, async (call) => {
      const { caller, body, idempotencyKey } = call;
      const now = clock().toISOString();
      const request = { route: createDelegation, call, at: now };
      const delegation = await onceOnly(db, request, async (transaction) => {
        refuseUseless(call, now);
        const { delegate, from: startsAt, until: endsAt } = body;
        const row = { id: randomUUID(), delegator: caller.name, delegate, startsAt, endsAt };
        const created = await queries.createDelegation(transaction, row);
        if (created === 'delegate-missing') throw badField('/delegate', 'is not the name of an active user');
        const operationId = operationIdFor(caller.name, createDelegation.operationId, idempotencyKey);
        // It begins and ends by itself: accounts look when it does.
        await Promise.all([
          reassessAfter(transaction, dependencies, `${operationId}:from`, concerning(caller.name), startsAt),
          reassessAfter(transaction, dependencies, `${operationId}:until`, concerning(caller.name), endsAt),
        ]);
        return { body: shown({ ...row, endedAt: null }) };
      });
      return { body: delegation };
    }),
    implement(endDelegation, async (call) => {
      const { caller, params, idempotencyKey } = call;
      const now = clock().toISOString();
      const request = { route: endDelegation, call, at: now };
      const delegation = await onceOnly(db, request, async (transaction) => {
        const row = await queries.endDelegation(transaction, { ...params, delegator: caller.name, endedAt: now });
        if (!row) throw notFound();
        const operationId = operationIdFor(caller.name, `${endDelegation.operationId} ${params.id}`, idempotencyKey);
        await reassessAfter(transaction, dependencies, operationId, concerning(caller.name));
        return { body: shown(row) };
      });
      return { body: delegation };
    }),
  ];
}

function refuseUseless(
  { caller, body }: Pick<Call<unknown, unknown, NewDelegation>, 'caller' | 'body'>,
  now: string,
): void {
  if (body.delegate === caller.name) throw badField('/delegate', 'must be somebody else');
  if (body.until <= now) throw badField('/until', 'must not be past');
  if (Date.parse(body.until) - Date.parse(now) > LONGEST_MS) throw badField('/until', 'must be within two years');
}

function badField(field: string, message: string) {
  return invalid([{ location: 'body', field, message }]);
}

function shown({ startsAt, endsAt, ...delegation }: queries.DelegationRow): Delegation {
  return { ...delegation, from: startsAt, until: endsAt };
}
