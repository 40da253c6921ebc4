/** Delegations: somebody who is away says who decides from their seat. */
import { z } from 'zod';
import { instantSchema, userNameSchema } from '../fields.ts';
import { pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute, type Route } from './route.ts';

export const delegationSchema = z
  .object({
    id: z.uuid(),
    delegator: z.string().describe('Who is away'),
    delegate: z.string().describe('Who decides from their seat meanwhile'),
    from: instantSchema,
    until: instantSchema,
    endedAt: instantSchema.nullable().describe('When it was ended before its time'),
  })
  .describe('Somebody is away, and somebody else decides from their seat; open requests too');

/** Postgres has no year 0. */
const beginningSchema = instantSchema.refine((text) => Date.parse(text) > 0, 'must not be before 1970');

export const newDelegationSchema = z
  .strictObject({
    delegate: userNameSchema,
    from: beginningSchema,
    until: instantSchema.describe('The first instant at which it is over, within two years from now'),
  })
  .refine(({ from, until }) => from < until, { path: ['until'], message: 'must be after "from"' });

export const listDelegations = defineRoute({
  operationId: 'listDelegations',
  method: 'get',
  path: '/delegations',
  tag: 'Delegations',
  summary: 'The delegations that the caller has made, newest first',
  access: { action: 'read', kind: 'delegation' },
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of delegations', schema: pageSchema(delegationSchema) },
});

export const createDelegation = defineRoute({
  operationId: 'createDelegation',
  method: 'post',
  path: '/delegations',
  tag: 'Delegations',
  summary: 'Have somebody decide from the seat of the caller for a time',
  description: 'The caller still may decide themselves: whoever is first.',
  access: { action: 'create', kind: 'delegation' },
  body: newDelegationSchema,
  answer: { status: 201, description: 'The delegation', schema: delegationSchema },
});

export const endDelegation = defineRoute({
  operationId: 'endDelegation',
  method: 'post',
  path: '/delegations/{id}/end',
  tag: 'Delegations',
  summary: 'End a delegation of the caller now',
  access: { action: 'update', kind: 'delegation' },
  params: z.strictObject({ id: z.uuid().toLowerCase() }),
  answer: { status: 200, description: 'The delegation', schema: delegationSchema },
});

export const delegationRouteTable: readonly Route[] = [listDelegations, createDelegation, endDelegation];
