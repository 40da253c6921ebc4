/** Freezes: while one is in force, nothing is destroyed in its domain or under its template. */
import { z } from 'zod';
import { instantSchema, textSchema } from '../fields.ts';
import { pageQueryFields, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

const FREEZE_SCOPES = ['domain', 'template'] as const;

export const freezeSchema = z
  .object({
    id: z.uuid(),
    scope: z.enum(FREEZE_SCOPES),
    subject: z.string().describe('The name of the domain, or the id of the template'),
    reason: z.string(),
    frozenBy: z.string(),
    frozenAt: instantSchema,
    thawedBy: z.string().nullable(),
    thawedAt: instantSchema.nullable().describe('null: it is in force'),
  })
  .describe('A time in which no end of life and no deletion begins; deadlines go on and are caught up with in order');

export const newFreezeSchema = z.strictObject({
  scope: z.enum(FREEZE_SCOPES),
  subject: z
    .string()
    .max(253)
    .trim()
    .toLowerCase()
    .min(1)
    .describe('The name of the domain, or the id of the template'),
  reason: textSchema(1000).describe('Others read it while they wait'),
});

export const listFreezes = defineRoute({
  operationId: 'listFreezes',
  method: 'get',
  path: '/freezes',
  tag: 'Freezes',
  summary: 'Freezes, newest first',
  access: { action: 'read', kind: 'freeze' },
  query: z.strictObject({
    ...pageQueryFields,
    inForce: z
      .enum(['true', 'false'])
      .transform((text) => text === 'true')
      .optional()
      .describe('Whether it has not been thawed'),
  }),
  answer: { status: 200, description: 'A page of freezes', schema: pageSchema(freezeSchema) },
});

export const createFreeze = defineRoute({
  operationId: 'createFreeze',
  method: 'post',
  path: '/freezes',
  tag: 'Freezes',
  summary: 'Let nothing be destroyed in a domain or under a template',
  description: 'Steps that have begun are finished. What people disable or enable themselves is not held up.',
  access: { action: 'create', kind: 'freeze' },
  body: newFreezeSchema,
  answer: { status: 201, description: 'The freeze', schema: freezeSchema },
  errors: ['StateConflict'],
});

export const thawFreeze = defineRoute({
  operationId: 'thawFreeze',
  method: 'post',
  path: '/freezes/{id}/thaw',
  tag: 'Freezes',
  summary: 'End a freeze',
  description: 'What waited goes on by itself within about a minute, unless another freeze or the brake holds it.',
  access: { action: 'update', kind: 'freeze' },
  params: z.strictObject({ id: z.uuid().toLowerCase() }),
  answer: { status: 200, description: 'The freeze', schema: freezeSchema },
});

export const freezeRouteTable = [listFreezes, createFreeze, thawFreeze];
