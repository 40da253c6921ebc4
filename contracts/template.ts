/** A template says how one kind of account is requested, approved, stored and ended. Versions never change. */
import { z } from 'zod';
import { parseDuration, shift } from './deadlines.ts';
import {
  distinguishedNameSchema,
  durationSchema,
  fqdnSchema,
  lineSchema,
  textSchema,
  userNameSchema,
} from './fields.ts';
import { END_OF_LIFE_ACTIONS } from './lifecycle.ts';

/**
 * What a version of a template is: requests are made under published ones, drafts are edited. At most one version of a
 * template is published and at most one is a draft; publishing one makes the earlier one `unpublished`. `disabled`: it is
 * not published again.
 */
export const TEMPLATE_STATES = ['draft', 'published', 'unpublished', 'disabled'] as const;
export type TemplateState = (typeof TEMPLATE_STATES)[number];

/** What happens to a template, as it is put on record. */
export const TEMPLATE_EVENT_TYPES = ['drafted', 'edited', 'published', 'unpublished', 'disabled', 'deleted'] as const;
export type TemplateEventType = (typeof TEMPLATE_EVENT_TYPES)[number];

/** Dates must stay among those that ISO 8601 and databases can write with four digits of year. */
const LONGEST_INTERVAL = 'P100Y';

export const groupNameSchema = lineSchema(80).describe('The name of a group of users of the product');

const unique = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** Users by name and groups whose members count; the message of an empty one names both. */
const peopleSchema = (maxUsers: number) =>
  z.strictObject({
    users: z.array(userNameSchema).max(maxUsers).refine(unique, 'must not name a user twice').default([]),
    groups: z.array(groupNameSchema).max(10).refine(unique, 'must not name a group twice').default([]),
  });

const somebody = ({ users, groups }: { users: unknown[]; groups: unknown[] }): boolean =>
  users.length + groups.length > 0;

const askedSchema = peopleSchema(50).refine(somebody, 'must name a user or a group');

/** Who decides on a step. */
export const approversSchema = askedSchema.describe(
  'Who may decide on this step; members of the groups are looked up when somebody decides',
);
export const quorumSchema = z.number().int().min(1).max(50).describe('How many of them must approve');
export const MAX_STEPS = 10;

const approvalStepSchema = z
  .strictObject({
    name: lineSchema(80),
    approvers: approversSchema,
    quorum: quorumSchema,
    deadline: durationSchema
      .nullable()
      .default(null)
      .describe('How long the step stays open, e.g. P7D; null: for ever'),
    escalation: askedSchema
      .nullable()
      .default(null)
      .describe('Who may decide too once the deadline has passed, for as long again; null: the request lapses'),
  })
  .superRefine((step, context) => {
    const { approvers, quorum } = step;
    if (approvers.groups.length === 0 && quorum > approvers.users.length) {
      context.addIssue({
        code: 'custom',
        path: ['quorum'],
        message: 'must not be greater than the number of approvers',
      });
    }
    if (step.escalation !== null && step.deadline === null) {
      context.addIssue({ code: 'custom', path: ['escalation'], message: 'needs a deadline' });
    }
  });

export const passwordPolicySchema = z
  .strictObject({
    length: z.number().int().min(16).max(127).default(32),
    classes: z
      .array(z.enum(['lower', 'upper', 'digit', 'symbol']))
      .min(1)
      .max(4)
      .default(['lower', 'upper', 'digit', 'symbol'])
      .describe('Character classes; at least one character of each is in every password'),
  })
  .describe('How passwords are generated, inside the engine');

/** LDAP attributes that a template may offer to the requester (MS-ADA1 to ADA3): plain texts that grant nothing. */
export const OFFERED_ATTRIBUTES = [
  'displayName',
  'department',
  'company',
  'division',
  'employeeNumber',
  'physicalDeliveryOfficeName',
  'telephoneNumber',
  'mail',
  'title',
] as const;
export type OfferedAttribute = (typeof OFFERED_ATTRIBUTES)[number];

/** A value of an offered attribute; AD's own limits are shorter for some of them, and the engine tells. */
export const attributeValueSchema = lineSchema(64);

const offeredAttributeSchema = z
  .strictObject({
    name: z.enum(OFFERED_ATTRIBUTES),
    use: z.enum(['optional', 'required', 'read-only']),
    value: attributeValueSchema.nullable().default(null).describe('What it is unless the requester says otherwise'),
  })
  .refine(({ use, value }) => use !== 'read-only' || value !== null, {
    path: ['value'],
    message: 'is needed for a read-only attribute',
  });

/** A path of folders below a vault's mount. Without dots, so that no folder can be taken for a domain (`secretFolder`). */
export const vaultFolderSchema = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/,
    'must be a path of letters, digits, "_" and "-", such as service-accounts/payroll',
  );

const namingSchema = z.strictObject({
  prefix: z
    .string()
    .max(16)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must begin with a letter or digit and have letters, digits, ".", "_", "-"')
    .nullable()
    .default(null)
    .describe('What every name begins with, in any case'),
  pattern: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII, as the names are that it is for')
    .describe('RE2 expression that the whole sAMAccountName must match'),
  examples: z.array(lineSchema(20)).max(10).default([]).describe('Names that the rules are meant to let through'),
});

const directorySchema = z.strictObject({
  domain: fqdnSchema,
  organizationalUnit: distinguishedNameSchema.describe('The OU the account is made in'),
  mayChooseOrganizationalUnit: z
    .boolean()
    .default(false)
    .describe('Whether the requester may choose an OU below that one'),
  groups: z.array(distinguishedNameSchema).max(20).default([]).describe('Groups the account joins'),
  attributes: z
    .array(offeredAttributeSchema)
    .max(OFFERED_ATTRIBUTES.length)
    .refine((offered) => unique(offered.map(({ name }) => name)), 'must not offer an attribute twice')
    .default([])
    .describe('Attributes that the requester may or must fill in'),
  mayChangePassword: z.boolean().default(false).describe('Whether the account may change its own password'),
  retirementOrganizationalUnit: distinguishedNameSchema
    .nullable()
    .default(null)
    .describe('The OU that retired accounts are moved to for the grace period'),
});

const ownershipSchema = z
  .strictObject({
    groups: z.boolean().default(false).describe('Whether groups may be owners too'),
    minimum: z.number().int().min(1).max(20).default(1).describe('How many owners an account has at least'),
    maximum: z.number().int().min(1).max(20).default(20).describe('How many owners an account has at most'),
    requesterOnly: z
      .boolean()
      .default(false)
      .describe('Whether the requester is the only owner, until an administrator or a succession names others'),
    fallbackGroup: groupNameSchema
      .nullable()
      .default(null)
      .describe('The group that owns an account whose owners have all left'),
  })
  .refine(({ minimum, maximum }) => minimum <= maximum, {
    path: ['maximum'],
    message: 'must not be less than the minimum',
  })
  .refine(({ requesterOnly, minimum }) => !requesterOnly || minimum === 1, {
    path: ['minimum'],
    message: 'must be 1 where the requester is the only owner',
  });

const noticesSchema = z
  .strictObject({
    whenRenewalOpens: z.boolean().default(true).describe('Tell the owners when renewal opens'),
    remindEvery: durationSchema.nullable().default(null).describe('Remind them this often from then on'),
    urgentEvery: durationSchema.nullable().default(null).describe('…and this often in the last `urgentWithin`'),
    urgentWithin: durationSchema.nullable().default(null),
    tellAdministrators: z.boolean().default(false).describe('Reminders go to administrators too'),
    stopAfter: durationSchema
      .nullable()
      .default(null)
      .describe('How long after the end reminders go on; null: they stop at the end'),
  })
  .refine(({ urgentEvery, urgentWithin }) => (urgentEvery === null) === (urgentWithin === null), {
    path: ['urgentWithin'],
    message: 'must be given together with urgentEvery',
  });

const lifecycleSchema = z
  .strictObject({
    intervals: z
      .array(durationSchema)
      .min(1)
      .max(10)
      .refine(unique, 'must not offer an interval twice')
      .describe('How long a period may last, e.g. P1Y; the requester chooses one, the first unless they say so'),
    renewalWindow: durationSchema.describe('How long before the end renewal opens'),
    notices: noticesSchema.prefault({}),
    endOfLife: z.enum(END_OF_LIFE_ACTIONS).describe('What happens at the end date'),
    gracePeriod: durationSchema
      .nullable()
      .default(null)
      .describe('For how long a retirement can be undone; null: it is final at once'),
  })
  .superRefine((terms, context) => {
    terms.intervals.forEach((interval, index) => {
      if (isLonger(interval, LONGEST_INTERVAL)) {
        context.addIssue({ code: 'custom', path: ['intervals', index], message: 'must not be longer than 100 years' });
      }
      if (isLonger(terms.renewalWindow, interval)) {
        context.addIssue({
          code: 'custom',
          path: ['renewalWindow'],
          message: `must not be longer than the interval ${interval}`,
        });
      }
    });
  });

export const templateSchema = z
  .strictObject({
    name: lineSchema(80),
    accountType: z.enum(['active-directory-user']).default('active-directory-user'),
    purpose: textSchema(1000).optional(),
    termsOfService: textSchema(10_000).nullable().default(null).describe('What a requester must accept'),
    availableTo: peopleSchema(50)
      .nullable()
      .default(null)
      .describe('Who may ask for accounts under this template; null: every requester'),
    naming: namingSchema,
    directory: directorySchema,
    vault: z.strictObject({
      folder: vaultFolderSchema.describe(
        "The folder below the vault's mount; the secret is at <folder>/<domain>/<name>",
      ),
      mayChooseFolder: z
        .boolean()
        .default(false)
        .describe('Whether the requester may choose a folder; the secret is then at <folder>/<domain>/<chosen>/<name>'),
      password: passwordPolicySchema.prefault({}),
    }),
    ownership: ownershipSchema.prefault({}),
    approval: z.strictObject({
      steps: z.array(approvalStepSchema).min(1).max(MAX_STEPS).describe('In the order in which they open'),
      hideApprovers: z.boolean().default(false).describe("Hide the approvers' names from requesters"),
    }),
    lifecycle: lifecycleSchema,
  })
  .describe('How one kind of account is requested, approved, stored and ended');

/** Compares from a fixed day: exact enough to find a window that cannot fit into its interval. */
export function isLonger(text: string, than: string): boolean {
  const [a, b] = [parseDuration(text), parseDuration(than)];
  const epoch = new Date(0);
  return a !== undefined && b !== undefined && shift(epoch, a) > shift(epoch, b);
}

export type Template = z.infer<typeof templateSchema>;

/** The template version a request was made under: it travels in the workflow and never changes. */
export interface TemplateSnapshot {
  readonly templateId: string;
  readonly version: number;
  readonly template: Template;
}
