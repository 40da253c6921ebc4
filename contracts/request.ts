/** What a requester asks for. */
import { z } from 'zod';
import { samAccountNameSchema, textSchema, userNameSchema } from './fields.ts';

export const accountRequestSchema = z.strictObject({
  templateId: z.uuid().describe('The template to ask under; its newest version counts'),
  samAccountName: samAccountNameSchema,
  justification: textSchema(1000).describe('Why the account is needed; approvers read it'),
  description: textSchema(1000).optional().describe("Becomes the account's description in the directory"),
  owners: z.array(userNameSchema).max(20).default([]).describe('Owners beside the requester, who is always the first'),
});

export type AccountRequest = z.infer<typeof accountRequestSchema>;
