/** Templates over HTTP: reading, making, and changing them, which makes a new version. */
import { z } from 'zod';
import { instantSchema } from '../fields.ts';
import { templateSchema } from '../template.ts';
import { pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

/** Postgres counts versions in 32 bits. */
const MAX_VERSION = 2 ** 31 - 1;

export const templateVersionSchema = z
  .object({
    id: z.uuid(),
    version: z.number().int().min(1).max(MAX_VERSION),
    template: templateSchema,
    createdBy: z.string().describe('Who made this version'),
    createdAt: instantSchema.describe('When this version was made'),
  })
  .describe('One version of a template. Versions never change');

const templateParams = z.strictObject({ id: z.uuid().toLowerCase() });

export const listTemplates = defineRoute({
  operationId: 'listTemplates',
  method: 'get',
  path: '/templates',
  tag: 'Templates',
  summary: 'Templates, by name, each in its newest version',
  access: { action: 'read', kind: 'template' },
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of templates', schema: pageSchema(templateVersionSchema) },
});

export const createTemplate = defineRoute({
  operationId: 'createTemplate',
  method: 'post',
  path: '/templates',
  tag: 'Templates',
  summary: 'Make a template',
  access: { action: 'create', kind: 'template' },
  body: templateSchema,
  answer: {
    status: 201,
    description: 'Version 1 of the template',
    schema: templateVersionSchema,
    etag: true,
    location: true,
  },
});

export const readTemplate = defineRoute({
  operationId: 'readTemplate',
  method: 'get',
  path: '/templates/{id}',
  tag: 'Templates',
  summary: 'The newest version of a template',
  access: { action: 'read', kind: 'template' },
  params: templateParams,
  answer: { status: 200, description: 'The template', schema: templateVersionSchema, etag: true },
});

export const readTemplateVersion = defineRoute({
  operationId: 'readTemplateVersion',
  method: 'get',
  path: '/templates/{id}/versions/{version}',
  tag: 'Templates',
  summary: 'One version of a template',
  access: { action: 'read', kind: 'template' },
  params: templateParams.extend({ version: z.coerce.number().int().min(1).max(MAX_VERSION) }),
  answer: { status: 200, description: 'The version', schema: templateVersionSchema, etag: true },
});

export const changeTemplate = defineRoute({
  operationId: 'changeTemplate',
  method: 'put',
  path: '/templates/{id}',
  tag: 'Templates',
  summary: 'Add a version to a template',
  description:
    'If-Match has the ETag of the version that was edited. Requests made under earlier versions keep those; new requests are made under the new one.',
  access: { action: 'update', kind: 'template' },
  params: templateParams,
  body: templateSchema,
  answer: { status: 200, description: 'The new version', schema: templateVersionSchema, etag: true },
});
