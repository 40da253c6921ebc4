/** Drafts of requests: saved, edited and submitted by their author, seen by nobody else. */
import { z } from 'zod';
import { instantSchema } from '../fields.ts';
import { accountRequestSchema } from '../request.ts';
import { accountParams, newAccountAnswer } from './accounts.ts';
import { pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute, type Route } from './route.ts';

/** Each field must be good, none must be there: what is missing is said when the draft is submitted. */
export const draftRequestSchema = accountRequestSchema.partial().describe('A request as far as it is written');

export const draftSchema = z
  .object({
    id: z.uuid(),
    request: draftRequestSchema,
    revision: z.number().int().min(1).describe('Counts the changes; also the ETag'),
    createdAt: instantSchema,
    changedAt: instantSchema,
  })
  .describe('A request that is not submitted');

export type DraftRequest = z.infer<typeof draftRequestSchema>;

const draftParams = z.strictObject({ id: z.uuid().toLowerCase() });
const draftAnswer = { status: 200, description: 'The draft', schema: draftSchema, etag: true } as const;
const newDraftAnswer = { ...draftAnswer, status: 201, location: true } as const;

export const listDrafts = defineRoute({
  operationId: 'listDrafts',
  method: 'get',
  path: '/drafts',
  tag: 'Drafts',
  summary: "The caller's drafts, newest first",
  access: { action: 'read', kind: 'draft' },
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of drafts', schema: pageSchema(draftSchema) },
});

export const createDraft = defineRoute({
  operationId: 'createDraft',
  method: 'post',
  path: '/drafts',
  tag: 'Drafts',
  summary: 'Save a request for later',
  description: 'A template that it names is one that the caller may know of.',
  access: { action: 'create', kind: 'draft' },
  body: draftRequestSchema,
  answer: newDraftAnswer,
});

export const readDraft = defineRoute({
  operationId: 'readDraft',
  method: 'get',
  path: '/drafts/{id}',
  tag: 'Drafts',
  summary: 'One draft',
  access: { action: 'read', kind: 'draft' },
  params: draftParams,
  answer: draftAnswer,
});

export const changeDraft = defineRoute({
  operationId: 'changeDraft',
  method: 'put',
  path: '/drafts/{id}',
  tag: 'Drafts',
  summary: 'Edit a draft',
  access: { action: 'update', kind: 'draft' },
  params: draftParams,
  body: draftRequestSchema,
  answer: draftAnswer,
});

export const deleteDraft = defineRoute({
  operationId: 'deleteDraft',
  method: 'delete',
  path: '/drafts/{id}',
  tag: 'Drafts',
  summary: 'Throw a draft away',
  access: { action: 'delete', kind: 'draft' },
  ifMatch: true,
  params: draftParams,
  answer: { status: 200, description: 'What was thrown away', schema: draftSchema },
});

export const submitDraft = defineRoute({
  operationId: 'submitDraft',
  method: 'post',
  path: '/drafts/{id}/submit',
  tag: 'Drafts',
  summary: 'Ask for the account of a draft',
  description: 'As `POST /requests` does. The draft is gone then.',
  access: { action: 'create', kind: 'request' },
  ifMatch: true,
  params: draftParams,
  answer: newAccountAnswer,
  errors: ['NameTaken', 'PolicyViolation', 'NotPublished'],
});

export const cloneAccount = defineRoute({
  operationId: 'cloneAccount',
  method: 'post',
  path: '/accounts/{id}/clone',
  tag: 'Drafts',
  summary: 'Make a draft like the request of an account',
  description:
    'Whatever became of the account, for those who may ask for accounts and have a part in it. Its name can be asked for again once the account has ended.',
  access: { action: 'create', kind: 'draft' },
  params: accountParams,
  answer: newDraftAnswer,
});

export const draftRouteTable: readonly Route[] = [
  listDrafts,
  createDraft,
  readDraft,
  changeDraft,
  deleteDraft,
  submitDraft,
  cloneAccount,
];
