/** What a requester asks for. */
import { z } from 'zod';
import { distinguishedNameSchema, durationSchema, samAccountNameSchema, textSchema, userNameSchema } from './fields.ts';
import { attributeValueSchema, groupNameSchema, OFFERED_ATTRIBUTES, vaultFolderSchema } from './template.ts';

export const accountRequestSchema = z.strictObject({
  templateId: z.uuid().describe('The template to ask under; its published version counts'),
  samAccountName: samAccountNameSchema,
  justification: textSchema(1000).describe('Why the account is needed; approvers read it'),
  description: textSchema(1000).optional().describe("Becomes the account's description in the directory"),
  owners: z.array(userNameSchema).max(20).default([]).describe('Owners beside the requester, who is always the first'),
  ownerGroups: z.array(groupNameSchema).max(10).default([]).describe('Groups whose members own the account too'),
  interval: durationSchema.optional().describe("One of the template's intervals; the first unless given"),
  acceptTerms: z.boolean().default(false).describe("Whether the template's terms of service are accepted"),
  attributes: z
    .partialRecord(z.enum(OFFERED_ATTRIBUTES), attributeValueSchema)
    .default({})
    .describe('Values of the attributes that the template offers'),
  organizationalUnit: distinguishedNameSchema.optional().describe("An OU below the template's, where it may be chosen"),
  folder: vaultFolderSchema
    .optional()
    .describe("A folder for the secret below the domain's part of the template's, where it may be chosen"),
});

export type AccountRequest = z.infer<typeof accountRequestSchema>;
