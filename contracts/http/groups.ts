/** Groups of users of the product: they approve, own accounts and use templates. Not groups of the directory. */
import { z } from 'zod';
import { instantSchema, userNameSchema } from '../fields.ts';
import { groupNameSchema } from '../template.ts';
import { pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

const MAX_MEMBERS = 1000;

const membersSchema = z
  .array(userNameSchema)
  .max(MAX_MEMBERS)
  .refine((names) => new Set(names).size === names.length, 'must not name a user twice');

export const groupSchema = z
  .object({
    name: z.string(),
    members: z.array(z.string()).describe('In the order of their names'),
    disabled: z.boolean().describe('A disabled group gives its members nothing'),
    version: z.number().int().describe('Counts the changes; also the ETag'),
    createdAt: instantSchema,
  })
  .describe('A group of users of the product');

export const groupWithUseSchema = groupSchema
  .extend({
    usedBy: z
      .array(z.object({ id: z.uuid(), version: z.number().int(), name: z.string() }))
      .optional()
      .describe(
        'The published templates that name the group: another one is needed there when it is disabled. For administrators only',
      ),
  })
  .describe('A group, and the templates that name it');

export const newGroupSchema = z.strictObject({ name: groupNameSchema, members: membersSchema.default([]) });
export const groupMembersSchema = z.strictObject({ members: membersSchema });

const groupParams = z.strictObject({ name: groupNameSchema });
const groupAnswer = { status: 200, description: 'The group', schema: groupWithUseSchema, etag: true } as const;

export const listGroups = defineRoute({
  operationId: 'listGroups',
  method: 'get',
  path: '/groups',
  tag: 'Groups',
  summary: 'Groups, by name',
  access: { action: 'read', kind: 'group' },
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of groups', schema: pageSchema(groupSchema) },
});

export const createGroup = defineRoute({
  operationId: 'createGroup',
  method: 'post',
  path: '/groups',
  tag: 'Groups',
  summary: 'Make a group',
  description: 'Names are never used again: a group can be disabled, not deleted.',
  access: { action: 'create', kind: 'group' },
  body: newGroupSchema,
  answer: { status: 201, description: 'The group', schema: groupSchema, etag: true, location: true },
  errors: ['NameTaken'],
});

export const readGroup = defineRoute({
  operationId: 'readGroup',
  method: 'get',
  path: '/groups/{name}',
  tag: 'Groups',
  summary: 'A group, and the templates that name it',
  access: { action: 'read', kind: 'group' },
  params: groupParams,
  answer: groupAnswer,
});

export const changeGroupMembers = defineRoute({
  operationId: 'changeGroupMembers',
  method: 'put',
  path: '/groups/{name}/members',
  tag: 'Groups',
  summary: 'Say who is in a group',
  description:
    'Counts at once, for approvals that are open too: who leaves loses the vote not yet cast, who joins may vote.',
  access: { action: 'update', kind: 'group' },
  params: groupParams,
  body: groupMembersSchema,
  answer: { status: 200, description: 'The group', schema: groupSchema, etag: true },
});

const switchOf = (action: 'disable' | 'enable', summary: string, description: string) =>
  defineRoute({
    operationId: `${action}Group`,
    method: 'post',
    path: `/groups/{name}/${action}`,
    tag: 'Groups',
    summary,
    description,
    access: { action: 'update', kind: 'group' },
    params: groupParams,
    answer: groupAnswer,
  });

export const disableGroup = switchOf(
  'disable',
  'Let a group give its members nothing any more',
  'The answer names the published templates in which another group is needed.',
);
export const enableGroup = switchOf('enable', 'Let a disabled group count again', 'Its members are as they were.');

export const groupRouteTable = [listGroups, createGroup, readGroup, changeGroupMembers, disableGroup, enableGroup];
