/** The one table of routes: whoever registers, documents or tests routes goes through it. */
import { accountRouteTable } from './account-actions.ts';
import { delegationRouteTable } from './delegations.ts';
import { readOpenApi } from './document.ts';
import { domainRouteTable } from './domains.ts';
import { draftRouteTable } from './drafts.ts';
import { freezeRouteTable } from './freezes.ts';
import { groupRouteTable } from './groups.ts';
import { migrationRouteTable } from './migrations.ts';
import { noticeRouteTable } from './notices.ts';
import type { Route } from './route.ts';
import { templateRouteTable } from './templates.ts';
import { userRouteTable } from './users.ts';

export const ROUTES: readonly Route[] = [
  ...userRouteTable,
  ...groupRouteTable,
  ...domainRouteTable,
  ...freezeRouteTable,
  ...templateRouteTable,
  ...accountRouteTable,
  ...draftRouteTable,
  ...delegationRouteTable,
  ...migrationRouteTable,
  ...noticeRouteTable,
  readOpenApi,
];
