/** Migrations: many accounts moved to another template, interval, end date or owners, a few a minute. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { durationSchema, fqdnSchema, instantSchema, namePartSchema, userNameSchema } from '../fields.ts';
import { groupNameSchema } from '../template.ts';
import { countSchema, pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

/** As many ids as the body of a request has room for. */
const MAX_ACCOUNTS = 1_000;
const MAX_PREVIEW_PAGE = 1_000;

export const migrationChangesSchema = z
  .strictObject({
    templateId: z.uuid().toLowerCase().optional().describe('Its published version, of the same domain'),
    interval: durationSchema.optional().describe('One of the intervals of the template'),
    endsAt: instantSchema
      .optional()
      .describe('00:00 UTC, at most 100 years ahead; a past date ends the accounts at the next 00:00 UTC'),
    owners: z.array(userNameSchema).max(20).optional().describe('None: groups own the accounts'),
    ownerGroups: z.array(groupNameSchema).max(10).optional(),
  })
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), 'must change something')
  .describe('What is absent stays');

export const migrationFilterSchema = z
  .strictObject({
    domain: fqdnSchema.optional(),
    templateId: z.uuid().toLowerCase().optional(),
    templateVersion: z
      .number()
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional(),
    owner: userNameSchema.optional().describe('Who owns them by name'),
    name: namePartSchema.optional(),
  })
  .refine((filter) => Object.values(filter).some((value) => value !== undefined), 'must say something')
  .describe('The active accounts for which all of it is so');

const selectionFields = {
  accounts: z
    .array(z.uuid().toLowerCase())
    .min(1)
    .max(MAX_ACCOUNTS)
    .refine((ids) => new Set(ids).size === ids.length, 'must not name an account twice')
    .optional()
    .describe('These, or those of the filter'),
  filter: migrationFilterSchema.optional(),
  changes: migrationChangesSchema,
};

const selectsOnce = ({ accounts, filter }: { accounts?: unknown; filter?: unknown }): boolean =>
  (accounts === undefined) !== (filter === undefined);
const EITHER = { path: ['accounts'], message: 'must be given, or else a filter, but not both' };

export const migrationSelectionSchema = z.strictObject(selectionFields).refine(selectsOnce, EITHER);

export const newMigrationSchema = z
  .strictObject({
    ...selectionFields,
    perMinute: z.number().int().min(1).max(600).default(60).describe('How many accounts begin within a minute at most'),
  })
  .refine(selectsOnce, EITHER);

const errorCodeSchema = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

/** A migration as it is asked for. */
export type NewMigration = z.output<typeof newMigrationSchema>;

export const migrationItemSchema = z
  .object({
    accountId: z.uuid(),
    domain: z.string(),
    samAccountName: z.string(),
    outcome: z
      .enum(['would-change', 'unchanged', 'refused'])
      .describe('`unchanged`: the account is as the changes want it already'),
    code: errorCodeSchema.nullable().describe('Why it is refused'),
    message: z.string().nullable().describe('The same for people'),
    changes: z
      .array(z.object({ field: z.string(), from: z.string(), to: z.string() }))
      .describe('What would be different'),
  })
  .describe('What a migration would do to one account');

const MIGRATION_STATES = ['running', 'paused', 'cancelled', 'completed', 'unknown'] as const;

export const migrationSchema = z
  .object({
    id: z.uuid(),
    requestedBy: z.string(),
    requestedAt: instantSchema,
    changes: z
      .object({
        templateId: z.uuid().optional(),
        templateVersion: z.number().int().optional(),
        interval: z.string().optional(),
        endsAt: instantSchema.optional(),
        owners: z.array(z.string()).optional(),
        ownerGroups: z.array(z.string()).optional(),
      })
      .describe('As they were asked for, with the version that was published then'),
    perMinute: z.number().int(),
    state: z.enum(MIGRATION_STATES).describe('`unknown`: it cannot be found out now, or is forgotten'),
    total: z.number().int(),
    done: z.number().int().describe('Accounts that have answered, in whichever way'),
    migrated: z.number().int(),
    unchanged: z.number().int(),
    refused: z.number().int(),
  })
  .describe('A migration and how far it is');

export const migrationOutcomeSchema = z
  .object({
    accountId: z.uuid(),
    outcome: z.enum(['migrated', 'unchanged', 'refused']),
    code: errorCodeSchema.nullable(),
    message: z.string().nullable(),
  })
  .describe('What became of an account');

const migrationParams = z.strictObject({ id: z.uuid().toLowerCase() });
const migrationAnswer = { status: 200, description: 'The migration', schema: migrationSchema } as const;

export const previewMigration = defineRoute({
  operationId: 'previewMigration',
  method: 'post',
  path: '/migrations/preview',
  tag: 'Migrations',
  summary: 'What a migration would change, and what refuses and why',
  description: 'Changes nothing.',
  access: { action: 'create', kind: 'migration' },
  query: pageQuerySchema.extend({
    limit: countSchema(MAX_PREVIEW_PAGE).default(MAX_PREVIEW_PAGE),
  }),
  body: migrationSelectionSchema,
  answer: { status: 200, description: 'A page of accounts', schema: pageSchema(migrationItemSchema) },
});

export const startMigration = defineRoute({
  operationId: 'startMigration',
  method: 'post',
  path: '/migrations',
  tag: 'Migrations',
  summary: 'Migrate accounts',
  description: 'One account that refuses does not stop the others; the same migration can be asked for again.',
  access: { action: 'create', kind: 'migration' },
  body: newMigrationSchema,
  answer: { status: 201, description: 'The migration', schema: migrationSchema, location: true },
});

export const listMigrations = defineRoute({
  operationId: 'listMigrations',
  method: 'get',
  path: '/migrations',
  tag: 'Migrations',
  summary: 'Migrations, newest first',
  access: { action: 'read', kind: 'migration' },
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of migrations', schema: pageSchema(migrationSchema) },
});

export const readMigration = defineRoute({
  operationId: 'readMigration',
  method: 'get',
  path: '/migrations/{id}',
  tag: 'Migrations',
  summary: 'A migration and how far it is',
  access: { action: 'read', kind: 'migration' },
  params: migrationParams,
  answer: migrationAnswer,
});

export const listMigrationOutcomes = defineRoute({
  operationId: 'listMigrationOutcomes',
  method: 'get',
  path: '/migrations/{id}/accounts',
  tag: 'Migrations',
  summary: 'What became of the accounts that have answered, in the order of their answers',
  access: { action: 'read', kind: 'migration' },
  params: migrationParams,
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of accounts', schema: pageSchema(migrationOutcomeSchema) },
});

const control = (action: 'pause' | 'resume' | 'cancel', summary: string) =>
  defineRoute({
    operationId: `${action}Migration`,
    method: 'post',
    path: `/migrations/{id}/${action}`,
    tag: 'Migrations',
    summary,
    access: { action: 'update', kind: 'migration' },
    params: migrationParams,
    answer: migrationAnswer,
    errors: ['StateConflict'],
  });

export const pauseMigration = control('pause', 'Begin no further account until it is resumed');
export const resumeMigration = control('resume', 'Go on with a paused migration');
export const cancelMigration = control('cancel', 'Begin no further account; what is done stays');

export const migrationRouteTable = [
  previewMigration,
  startMigration,
  listMigrations,
  readMigration,
  listMigrationOutcomes,
  pauseMigration,
  resumeMigration,
  cancelMigration,
];
