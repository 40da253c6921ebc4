/** AD domains and whether their engines run. */
import { z } from 'zod';
import { fqdnSchema, instantSchema } from '../fields.ts';
import { pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

export const engineStatusSchema = z
  .object({
    status: z
      .enum(['online', 'away', 'unknown'])
      .describe('`away`: no engine has asked for work lately; `unknown`: it cannot be found out now'),
    lastSeenAt: instantSchema.nullable().describe('When an engine of the domain last asked for work, if that is known'),
  })
  .describe('Whether an engine of the domain is running');

export const brakeSchema = z
  .object({
    stepsInLastHour: z.number().int().describe('How many it counts now'),
    engagedAt: instantSchema.nullable().describe('Since when it holds destructive steps back; null: it does not'),
    releasedBy: z.string().nullable().describe('Who released it last'),
    releasedAt: instantSchema.nullable(),
  })
  .describe('More destructive steps within an hour than the domain allows stop, and ask');

export const domainSchema = z
  .object({
    fqdn: z.string(),
    createdAt: instantSchema,
    brakePerHour: z.number().int().describe('How many destructive steps may begin within an hour'),
    brake: brakeSchema,
    version: z.number().int().describe('Counts the changes of the settings; also the ETag'),
    engine: engineStatusSchema,
  })
  .describe('An Active Directory domain in which accounts may be asked for');

export const domainSettingsSchema = z.strictObject({
  brakePerHour: z.number().int().min(1).max(100_000).describe('How many destructive steps may begin within an hour'),
});

const domainParams = z.strictObject({ fqdn: fqdnSchema });

export const newDomainSchema = z.strictObject({ fqdn: fqdnSchema });

export type EngineStatus = z.infer<typeof engineStatusSchema>;

export const listDomains = defineRoute({
  operationId: 'listDomains',
  method: 'get',
  path: '/domains',
  tag: 'Domains',
  summary: 'Domains, by name, with the status of their engines',
  access: { action: 'read', kind: 'domain' },
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of domains', schema: pageSchema(domainSchema) },
});

export const createDomain = defineRoute({
  operationId: 'createDomain',
  method: 'post',
  path: '/domains',
  tag: 'Domains',
  summary: 'Register a domain',
  access: { action: 'create', kind: 'domain' },
  body: newDomainSchema,
  answer: { status: 201, description: 'The domain', schema: domainSchema },
  errors: ['NameTaken'],
});

export const readDomain = defineRoute({
  operationId: 'readDomain',
  method: 'get',
  path: '/domains/{fqdn}',
  tag: 'Domains',
  summary: 'One domain',
  access: { action: 'read', kind: 'domain' },
  params: domainParams,
  answer: { status: 200, description: 'The domain', schema: domainSchema, etag: true },
});

export const changeDomain = defineRoute({
  operationId: 'changeDomain',
  method: 'put',
  path: '/domains/{fqdn}',
  tag: 'Domains',
  summary: 'Change the settings of a domain',
  access: { action: 'update', kind: 'domain' },
  params: domainParams,
  body: domainSettingsSchema,
  answer: { status: 200, description: 'The domain', schema: domainSchema, etag: true },
});

export const releaseBrake = defineRoute({
  operationId: 'releaseBrake',
  method: 'post',
  path: '/domains/{fqdn}/release-brake',
  tag: 'Domains',
  summary: 'Let destructive steps begin again, and count from anew',
  description: 'What waited goes on by itself within about a minute, as many an hour as the settings allow.',
  access: { action: 'update', kind: 'domain' },
  params: domainParams,
  answer: { status: 200, description: 'The domain', schema: domainSchema, etag: true },
});

export const domainRouteTable = [listDomains, createDomain, readDomain, changeDomain, releaseBrake];
