/** Templates over HTTP: drafts are made, edited and checked, then published; what is published is not edited any more. */
import { z } from 'zod';
import { instantSchema } from '../fields.ts';
import { TEMPLATE_EVENT_TYPES, TEMPLATE_STATES, templateSchema } from '../template.ts';
import { countSchema, pageQueryFields, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

/** Postgres counts versions in 32 bits. */
const MAX_VERSION = 2 ** 31 - 1;

export const templateVersionSchema = z
  .object({
    id: z.uuid(),
    version: z.number().int().min(1).max(MAX_VERSION),
    state: z
      .enum(TEMPLATE_STATES)
      .describe('Drafts can be edited; accounts can be asked for under the published version'),
    revision: z.number().int().min(1).describe('Counts the changes of the template; also its ETag'),
    template: templateSchema,
    createdBy: z.string().describe('Who made this version'),
    createdAt: instantSchema.describe('When this version was made'),
    publishedBy: z.string().nullable(),
    publishedAt: instantSchema.nullable(),
  })
  .describe('One version of a template. Versions never change once they were published');

export const findingSchema = z
  .object({
    field: z.string().describe('A JSON pointer (RFC 6901) into the template'),
    message: z.string(),
  })
  .describe('What is wrong with one field of a template');

export const templatePreviewSchema = z
  .object({
    errors: z.array(findingSchema).describe('Publishing is refused while there are any'),
    warnings: z.array(findingSchema).describe('Worth a look; they do not stop anybody'),
  })
  .describe('What publishing would say, from the rules and from a dry run in the directory and the vault');

export const publishedTemplateSchema = templateVersionSchema
  .extend({ warnings: z.array(findingSchema).describe('As of the moment of publishing') })
  .describe('The version that was published');

export const templateEventSchema = z
  .object({
    id: z.string(),
    templateId: z.uuid(),
    version: z.number().int(),
    type: z.enum(TEMPLATE_EVENT_TYPES),
    at: instantSchema,
    actor: z.string(),
  })
  .describe('Something that happened to a template');

export const NAME_RULES = ['length', 'characters', 'reserved', 'prefix', 'pattern', 'open', 'directory'] as const;

export const nameCheckSchema = z.strictObject({
  samAccountName: z.string().max(64).trim().describe('The name as far as it is typed'),
});

export const checkedNameSchema = z
  .object({
    samAccountName: z.string(),
    ok: z.boolean().describe('Whether no rule says no'),
    rules: z.array(
      z.object({
        rule: z
          .enum(NAME_RULES)
          .describe('`open`: no open request and no account has it; `directory`: no object of the directory has it'),
        ok: z.boolean().nullable().describe('null: it cannot be said now'),
        message: z.string().nullable().describe('Why not, for people'),
      }),
    ),
  })
  .describe('Whether a name could be asked for, rule by rule');

const publicationSchema = z
  .strictObject({
    version: z
      .number()
      .int()
      .min(1)
      .max(MAX_VERSION)
      .optional()
      .describe('A draft or an unpublished version; absent: the newest one'),
  })
  .optional();

export type Finding = z.infer<typeof findingSchema>;
export type TemplatePreview = z.infer<typeof templatePreviewSchema>;
export type CheckedName = z.infer<typeof checkedNameSchema>;
export type NameRule = (typeof NAME_RULES)[number];

const templateParams = z.strictObject({ id: z.uuid().toLowerCase() });
const templateAnswer = { status: 200, description: 'The version', schema: templateVersionSchema, etag: true } as const;

export const listTemplates = defineRoute({
  operationId: 'listTemplates',
  method: 'get',
  path: '/templates',
  tag: 'Templates',
  summary: 'Templates, by name',
  description:
    'Administrators see all, each in its newest version or, with `state`, in the newest one of that state. Others see the published ones that are available to them.',
  access: { action: 'read', kind: 'template' },
  query: z.strictObject({ ...pageQueryFields, state: z.enum(TEMPLATE_STATES).optional() }),
  answer: { status: 200, description: 'A page of templates', schema: pageSchema(templateVersionSchema) },
});

export const createTemplate = defineRoute({
  operationId: 'createTemplate',
  method: 'post',
  path: '/templates',
  tag: 'Templates',
  summary: 'Make a template, as a draft',
  access: { action: 'create', kind: 'template' },
  body: templateSchema,
  answer: { ...templateAnswer, status: 201, description: 'The draft of version 1', location: true },
});

export const readTemplate = defineRoute({
  operationId: 'readTemplate',
  method: 'get',
  path: '/templates/{id}',
  tag: 'Templates',
  summary: 'A template',
  description: 'Administrators get its newest version, others the published one if it is available to them.',
  access: { action: 'read', kind: 'template' },
  params: templateParams,
  answer: templateAnswer,
});

export const readTemplateVersion = defineRoute({
  operationId: 'readTemplateVersion',
  method: 'get',
  path: '/templates/{id}/versions/{version}',
  tag: 'Templates',
  summary: 'One version of a template',
  description:
    'Drafts are for administrators. What was ever published is for those to whom that version and the one published last are available, and for those who have a part in an account under it.',
  access: { action: 'read', kind: 'template' },
  params: templateParams.extend({ version: countSchema(MAX_VERSION) }),
  answer: templateAnswer,
});

export const changeTemplate = defineRoute({
  operationId: 'changeTemplate',
  method: 'put',
  path: '/templates/{id}',
  tag: 'Templates',
  summary: 'Edit the draft of a template',
  description: 'If-Match has the ETag of what was edited.',
  access: { action: 'update', kind: 'template' },
  params: templateParams,
  body: templateSchema,
  answer: templateAnswer,
  errors: ['StateConflict'],
});

export const draftTemplate = defineRoute({
  operationId: 'draftTemplate',
  method: 'post',
  path: '/templates/{id}/draft',
  tag: 'Templates',
  summary: 'Begin a new version, as a draft of the published one',
  description: 'Nothing changes for anybody before it is published.',
  access: { action: 'update', kind: 'template' },
  params: templateParams,
  answer: { ...templateAnswer, status: 201, description: 'The draft' },
  errors: ['StateConflict'],
});

export const publishTemplate = defineRoute({
  operationId: 'publishTemplate',
  method: 'post',
  path: '/templates/{id}/publish',
  tag: 'Templates',
  summary: 'Publish the draft, or what was unpublished',
  description:
    'New requests are made under it from now on; accounts and requests of earlier versions keep those. Refused with one entry for each error of the preview. With nothing published, an unpublished version and a draft, the version must be named. If-Match has the ETag of what was looked at.',
  access: { action: 'update', kind: 'template' },
  ifMatch: true,
  params: templateParams,
  body: publicationSchema,
  answer: { ...templateAnswer, schema: publishedTemplateSchema },
  errors: ['StateConflict'],
});

export const unpublishTemplate = defineRoute({
  operationId: 'unpublishTemplate',
  method: 'post',
  path: '/templates/{id}/unpublish',
  tag: 'Templates',
  summary: 'Take no more requests under a template, for now',
  access: { action: 'update', kind: 'template' },
  params: templateParams,
  answer: templateAnswer,
  errors: ['NotPublished'],
});

export const disableTemplate = defineRoute({
  operationId: 'disableTemplate',
  method: 'post',
  path: '/templates/{id}/disable',
  tag: 'Templates',
  summary: 'Take no more requests under this version, for good',
  description: 'A new version can be made of it. Accounts under it live on.',
  access: { action: 'update', kind: 'template' },
  params: templateParams,
  answer: templateAnswer,
  errors: ['NotPublished'],
});

export const deleteTemplate = defineRoute({
  operationId: 'deleteTemplate',
  method: 'delete',
  path: '/templates/{id}',
  tag: 'Templates',
  summary: 'Delete a template that nothing refers to',
  description: 'With all its versions. If-Match has the ETag of what was looked at.',
  access: { action: 'delete', kind: 'template' },
  ifMatch: true,
  params: templateParams,
  answer: { status: 200, description: 'What was deleted', schema: templateVersionSchema },
  errors: ['TemplateInUse'],
});

export const previewTemplate = defineRoute({
  operationId: 'previewTemplate',
  method: 'post',
  path: '/templates/{id}/preview',
  tag: 'Templates',
  summary: 'What is wrong with the newest version',
  description: 'Changes nothing. Asks the engine of the domain too, and says so when it is away.',
  access: { action: 'update', kind: 'template' },
  params: templateParams,
  answer: { status: 200, description: 'Errors and warnings', schema: templatePreviewSchema },
});

export const listTemplateEvents = defineRoute({
  operationId: 'listTemplateEvents',
  method: 'get',
  path: '/templates/{id}/events',
  tag: 'Templates',
  summary: 'What happened to a template, and who did it, oldest first',
  access: { action: 'update', kind: 'template' },
  params: templateParams,
  query: z.strictObject(pageQueryFields),
  answer: { status: 200, description: 'A page of events', schema: pageSchema(templateEventSchema) },
});

export const checkName = defineRoute({
  operationId: 'checkName',
  method: 'post',
  path: '/templates/{id}/name-check',
  tag: 'Templates',
  summary: 'Whether a name could be asked for under the published version',
  description: 'Changes nothing and reserves nothing. Fast enough to be asked while somebody types.',
  access: { action: 'create', kind: 'request' },
  params: templateParams,
  body: nameCheckSchema,
  answer: { status: 200, description: 'What each rule says', schema: checkedNameSchema },
  errors: ['NotPublished'],
});

export const templateRouteTable = [
  listTemplates,
  createTemplate,
  readTemplate,
  readTemplateVersion,
  changeTemplate,
  draftTemplate,
  publishTemplate,
  unpublishTemplate,
  disableTemplate,
  deleteTemplate,
  previewTemplate,
  listTemplateEvents,
  checkName,
];
