/** Users of the product and their API tokens. */
import { z } from 'zod';
import { instantSchema, userNameSchema } from '../fields.ts';
import { ROLES } from '../permissions.ts';
import { pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

const roleSchema = z.enum(ROLES).describe('What the user is there for');

export const userSchema = z
  .object({ name: z.string(), role: roleSchema, disabled: z.boolean(), createdAt: instantSchema })
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

export const newUserSchema = z.strictObject({ name: userNameSchema, role: roleSchema });
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
