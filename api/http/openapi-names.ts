/** Schemas that get a name of their own in the OpenAPI document; all others are written out where they are used. */
import { z } from 'zod';
import { accountEventSchema } from '../../contracts/account.ts';
import {
  accountEditSchema,
  decisionSchema,
  newApproversSchema,
  newOwnersSchema,
} from '../../contracts/http/account-actions.ts';
import { accountResourceSchema, whySchema } from '../../contracts/http/accounts.ts';
import { delegationSchema, newDelegationSchema } from '../../contracts/http/delegations.ts';
import { brakeSchema, domainSchema, domainSettingsSchema, newDomainSchema } from '../../contracts/http/domains.ts';
import { draftRequestSchema, draftSchema } from '../../contracts/http/drafts.ts';
import { freezeSchema, newFreezeSchema } from '../../contracts/http/freezes.ts';
import { groupMembersSchema, groupSchema, groupWithUseSchema, newGroupSchema } from '../../contracts/http/groups.ts';
import {
  migrationChangesSchema,
  migrationItemSchema,
  migrationOutcomeSchema,
  migrationSchema,
  migrationSelectionSchema,
  newMigrationSchema,
} from '../../contracts/http/migrations.ts';
import { outboxNoticeSchema } from '../../contracts/http/notices.ts';
import { problemSchema } from '../../contracts/http/problem.ts';
import {
  checkedNameSchema,
  findingSchema,
  nameCheckSchema,
  publishedTemplateSchema,
  templateEventSchema,
  templatePreviewSchema,
  templateVersionSchema,
} from '../../contracts/http/templates.ts';
import {
  meSchema,
  newUserSchema,
  userContactSchema,
  userSchema,
  userWithTokenSchema,
} from '../../contracts/http/users.ts';
import { accountRequestSchema } from '../../contracts/request.ts';
import { templateSchema } from '../../contracts/template.ts';

export type SchemaNames = ReturnType<typeof named>;

/** Of bodies of requests. A name stands for one form of a schema: what is sent and answered too has two names. */
export const SENT = named({
  AccountEdit: accountEditSchema,
  AccountRequest: accountRequestSchema,
  Decision: decisionSchema,
  DomainSettings: domainSettingsSchema,
  GroupMembers: groupMembersSchema,
  MigrationSelection: migrationSelectionSchema,
  NameCheck: nameCheckSchema,
  NewApprovers: newApproversSchema,
  NewDelegation: newDelegationSchema,
  NewDomain: newDomainSchema,
  NewDraft: draftRequestSchema,
  NewFreeze: newFreezeSchema,
  NewGroup: newGroupSchema,
  NewMigration: newMigrationSchema,
  NewOwners: newOwnersSchema,
  NewTemplate: templateSchema,
  NewUser: newUserSchema,
  UserContact: userContactSchema,
});

/** Of answers. */
export const ANSWERED = named({
  Account: accountResourceSchema,
  AccountEvent: accountEventSchema,
  Brake: brakeSchema,
  CheckedName: checkedNameSchema,
  Delegation: delegationSchema,
  Domain: domainSchema,
  Draft: draftSchema,
  DraftRequest: draftRequestSchema,
  Finding: findingSchema,
  Freeze: freezeSchema,
  Group: groupSchema,
  GroupWithUse: groupWithUseSchema,
  Me: meSchema,
  Migration: migrationSchema,
  MigrationChanges: migrationChangesSchema,
  MigrationItem: migrationItemSchema,
  MigrationOutcome: migrationOutcomeSchema,
  Notice: outboxNoticeSchema,
  Problem: problemSchema,
  PublishedTemplate: publishedTemplateSchema,
  Template: templateSchema,
  TemplateEvent: templateEventSchema,
  TemplatePreview: templatePreviewSchema,
  TemplateVersion: templateVersionSchema,
  User: userSchema,
  UserWithToken: userWithTokenSchema,
  Why: whySchema,
});

function named(schemas: Readonly<Record<string, z.ZodType>>) {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  return registry;
}
