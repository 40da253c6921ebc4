/** Columns are written by hand; these equalities (checked by `tsc`) hold them to the contracts. */
import { getTableColumns, type InferSelectModel } from 'drizzle-orm';
import { expect, expectTypeOf, test } from 'vitest';
import { accountEventSchema, accountSchema, type Account, type AccountEvent } from '../contracts/account.ts';
import type { AdmitDestructiveStepInput } from '../contracts/activities.ts';
import type { Notice, OutboxKind } from '../contracts/notices.ts';
import type { User } from '../contracts/permissions.ts';
import type { Template } from '../contracts/template.ts';
import { accountEvents } from './schema/account-events.ts';
import { accounts } from './schema/accounts.ts';
import type { destructiveSteps } from './schema/destructive-steps.ts';
import type { notices } from './schema/notices.ts';
import type { templateVersions } from './schema/template-versions.ts';
import type { users } from './schema/users.ts';

test('a row of accounts is an Account', () => {
  expectTypeOf<InferSelectModel<typeof accounts>>().toEqualTypeOf<Account>();
  expect(Object.keys(getTableColumns(accounts)).sort()).toEqual(Object.keys(accountSchema.shape).sort());
});

test('a row of account_events is an AccountEvent', () => {
  expectTypeOf<InferSelectModel<typeof accountEvents>>().toEqualTypeOf<AccountEvent>();
  expect(Object.keys(getTableColumns(accountEvents))).toEqual(Object.keys(accountEventSchema.shape));
});

test('a row of users carries a name and a role of the contract', () => {
  expectTypeOf<InferSelectModel<typeof users>>().toExtend<Pick<User, 'name' | 'role'>>();
});

test('a row of notices carries a notice of the contract but its audiences, and a step that is destroyed is one of the contract', () => {
  expectTypeOf<InferSelectModel<typeof notices>>().toExtend<Omit<Notice, 'audiences' | 'kind'>>();
  expectTypeOf<InferSelectModel<typeof notices>['kind']>().toEqualTypeOf<OutboxKind>();
  expectTypeOf<InferSelectModel<typeof destructiveSteps>['step']>().toEqualTypeOf<AdmitDestructiveStepInput['step']>();
});

test('a row of template_versions carries a whole template', () => {
  expectTypeOf<InferSelectModel<typeof templateVersions>['document']>().toEqualTypeOf<Template>();
});
