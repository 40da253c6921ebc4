/** Users of the product and their API tokens. */
import { z } from 'zod';
import { fqdnSchema, instantSchema, lineSchema, newUserNameSchema, userNameSchema } from '../fields.ts';
import { ROLES } from '../permissions.ts';
import { pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

const roleSchema = z.enum(ROLES).describe('What the user is there for');

export const emailsSchema = z
  .array(z.email().max(254).toLowerCase())
  .max(5)
  .refine((emails) => new Set(emails).size === emails.length, 'must not have an address twice')
  .describe('Every one of them gets the notices');

/** A person's name there follows other rules than that of a service account. */
export const directoryAccountSchema = z
  .strictObject({ domain: fqdnSchema, samAccountName: lineSchema(64) })
  .describe("The user's own account in the directory: their manager is found through it");

export const userSchema = z
  .object({
    name: z.string(),
    role: roleSchema,
    disabled: z.boolean(),
    createdAt: instantSchema,
    emails: z.array(z.string()).optional().describe('For administrators and the user themselves'),
    directoryAccount: z
      .object({ domain: z.string(), samAccountName: z.string() })
      .nullable()
      .optional()
      .describe('For administrators and the user themselves'),
  })
  .describe('Somebody, or some program, that calls the API');

export const userWithTokenSchema = userSchema
  .extend({
    token: z
      .string()
      .nullable()
      .describe('The API token. Shown in the first answer only: null when the same request is repeated'),
  })
  .describe('A user with a new token');

export type UserWithToken = z.infer<typeof userWithTokenSchema>;

export const newUserSchema = z.strictObject({
  name: newUserNameSchema,
  role: roleSchema,
  emails: emailsSchema.default([]),
  directoryAccount: directoryAccountSchema.nullable().default(null),
});
export const userContactSchema = z
  .strictObject({ emails: emailsSchema.optional(), directoryAccount: directoryAccountSchema.nullable().optional() })
  .describe('What is absent stays');
export const meSchema = z.object({ name: z.string(), role: roleSchema }).describe('The caller');

const userParams = z.strictObject({ name: userNameSchema });

export const readMe = defineRoute({
  operationId: 'readMe',
  method: 'get',
  path: '/me',
  tag: 'Users',
  summary: 'Who the caller is',
  access: 'user',
  answer: { status: 200, description: 'The caller', schema: meSchema },
});

export const listUsers = defineRoute({
  operationId: 'listUsers',
  method: 'get',
  path: '/users',
  tag: 'Users',
  summary: 'Users, by name',
  access: { action: 'read', kind: 'user' },
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of users', schema: pageSchema(userSchema) },
});

export const createUser = defineRoute({
  operationId: 'createUser',
  method: 'post',
  path: '/users',
  tag: 'Users',
  summary: 'Make a user and an API token',
  description: 'Names are never used again: a user can be disabled, not deleted.',
  access: { action: 'create', kind: 'token' },
  body: newUserSchema,
  answer: { status: 201, description: 'The user and the token', schema: userWithTokenSchema },
  errors: ['NameTaken'],
});

export const readUser = defineRoute({
  operationId: 'readUser',
  method: 'get',
  path: '/users/{name}',
  tag: 'Users',
  summary: 'One user',
  access: { action: 'read', kind: 'user' },
  params: userParams,
  answer: { status: 200, description: 'The user', schema: userSchema },
});

export const changeUserContact = defineRoute({
  operationId: 'changeUserContact',
  method: 'post',
  path: '/users/{name}/contact',
  tag: 'Users',
  summary: 'Say how a user is reached',
  access: { action: 'update', kind: 'user' },
  params: userParams,
  body: userContactSchema,
  answer: { status: 200, description: 'The user', schema: userSchema },
  errors: ['NameTaken'],
});

export const replaceUserToken = defineRoute({
  operationId: 'replaceUserToken',
  method: 'post',
  path: '/users/{name}/token',
  tag: 'Users',
  summary: 'Replace the API token of a user',
  description: 'The old token stops working with the next request.',
  access: { action: 'create', kind: 'token' },
  params: userParams,
  answer: { status: 201, description: 'The user and the new token', schema: userWithTokenSchema },
});

export const disableUser = defineRoute({
  operationId: 'disableUser',
  method: 'post',
  path: '/users/{name}/disable',
  tag: 'Users',
  summary: 'Refuse the token of a user from now on',
  description: 'Their vote counts no more where it is not cast yet, and their accounts get another owner.',
  access: { action: 'update', kind: 'token' },
  params: userParams,
  answer: { status: 200, description: 'The user', schema: userSchema },
});

export const enableUser = defineRoute({
  operationId: 'enableUser',
  method: 'post',
  path: '/users/{name}/enable',
  tag: 'Users',
  summary: 'Accept the token of a disabled user again',
  access: { action: 'update', kind: 'token' },
  params: userParams,
  answer: { status: 200, description: 'The user', schema: userSchema },
});

export const userRouteTable = [
  readMe,
  listUsers,
  createUser,
  readUser,
  changeUserContact,
  replaceUserToken,
  disableUser,
  enableUser,
];
