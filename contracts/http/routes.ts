/** The one table of routes: whoever registers, documents or tests routes goes through it. */
import {
  accountActions,
  decideOnAccount,
  listAccountEvents,
  listAccounts,
  readAccount,
  submitRequest,
} from './accounts.ts';
import { readOpenApi } from './document.ts';
import { createDomain, listDomains } from './domains.ts';
import type { Route } from './route.ts';
import { changeTemplate, createTemplate, listTemplates, readTemplate, readTemplateVersion } from './templates.ts';
import { createUser, disableUser, enableUser, listUsers, readMe, replaceUserToken } from './users.ts';

export const ROUTES: readonly Route[] = [
  readMe,
  listUsers,
  createUser,
  replaceUserToken,
  disableUser,
  enableUser,
  listDomains,
  createDomain,
  listTemplates,
  createTemplate,
  readTemplate,
  readTemplateVersion,
  changeTemplate,
  submitRequest,
  listAccounts,
  readAccount,
  listAccountEvents,
  decideOnAccount,
  ...accountActions.map(({ route }) => route),
  readOpenApi,
];
