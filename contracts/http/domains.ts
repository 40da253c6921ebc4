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

export const domainSchema = z
  .object({ fqdn: z.string(), createdAt: instantSchema, engine: engineStatusSchema })
  .describe('An Active Directory domain in which accounts may be asked for');

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
