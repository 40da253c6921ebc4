/** A template says how one kind of account is requested, approved, stored and ended. Versions never change. */
import { z } from 'zod';
import { shift, parseDuration } from './deadlines.ts';
import {
  distinguishedNameSchema,
  durationSchema,
  fqdnSchema,
  lineSchema,
  textSchema,
  userNameSchema,
} from './fields.ts';

export const END_OF_LIFE_ACTIONS = ['disable', 'delete'] as const;

/** Dates must stay among those that ISO 8601 and databases can write with four digits of year. */
const LONGEST_INTERVAL = 'P100Y';

const approvalStepSchema = z
  .strictObject({
    name: lineSchema(80),
    approvers: z.array(userNameSchema).min(1).max(50).describe('Names of the users who may decide on this step'),
    quorum: z.number().int().min(1).max(50).describe('How many of them must approve'),
  })
  .superRefine((step, context) => {
    if (new Set(step.approvers).size !== step.approvers.length) {
      context.addIssue({ code: 'custom', path: ['approvers'], message: 'must not name a user twice' });
    }
    if (step.quorum > step.approvers.length) {
      context.addIssue({
        code: 'custom',
        path: ['quorum'],
        message: 'must not be greater than the number of approvers',
      });
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

export const templateSchema = z
  .strictObject({
    name: lineSchema(80),
    purpose: textSchema(1000).optional(),
    naming: z.strictObject({
      pattern: z
        .string()
        .min(1)
        .max(200)
        .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII, as the names are that it is for')
        .describe('RE2 expression that the whole sAMAccountName must match'),
    }),
    directory: z.strictObject({
      domain: fqdnSchema,
      organizationalUnit: distinguishedNameSchema.describe('The OU the account is made in'),
      groups: z.array(distinguishedNameSchema).max(20).default([]).describe('Groups the account joins'),
      mayChangePassword: z.boolean().default(false).describe('Whether the account may change its own password'),
    }),
    vault: z.strictObject({
      folder: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .regex(
          /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/,
          'must be a path such as service-accounts/payroll',
        )
        .describe("The folder below the vault's mount; the secret is at <folder>/<domain>/<name>"),
      password: passwordPolicySchema.prefault({}),
    }),
    approval: z.strictObject({
      steps: z.array(approvalStepSchema).min(1).max(10).describe('In the order in which they open'),
    }),
    lifecycle: z
      .strictObject({
        interval: durationSchema.describe('How long a period lasts, e.g. P1Y'),
        renewalWindow: durationSchema.describe('How long before the end renewal opens'),
        reminder: durationSchema.describe('How long before the end the owners are reminded'),
        endOfLife: z.enum(END_OF_LIFE_ACTIONS).describe('What happens at the end date'),
      })
      .superRefine((terms, context) => {
        if (isLonger(terms.interval, LONGEST_INTERVAL)) {
          context.addIssue({ code: 'custom', path: ['interval'], message: 'must not be longer than 100 years' });
        }
        for (const field of ['renewalWindow', 'reminder'] as const) {
          if (isLonger(terms[field], terms.interval)) {
            context.addIssue({ code: 'custom', path: [field], message: 'must not be longer than the interval' });
          }
        }
      }),
  })
  .describe('How one kind of account is requested, approved, stored and ended');

/** Compares from a fixed day: exact enough to find a window that cannot fit into its interval. */
function isLonger(text: string, than: string): boolean {
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
