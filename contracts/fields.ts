/**
 * Field schemas that more than one contract uses. Every string is bounded. Bounds and patterns are those of the text as it
 * comes, since the OpenAPI document has them: what it forbids is refused, and only what it allows is trimmed or put in lower
 * case.
 */
import { z } from 'zod';

/** How a vault names a version of a secret: a number, or an id. */
export const secretVersionSchema = z.union([z.number().int(), z.string()]);

export type SecretVersion = z.infer<typeof secretVersionSchema>;
import { parseDuration } from './deadlines.ts';
import { samAccountNameProblem } from './naming.ts';

/**
 * Control, format (zero-width, bidi), private-use and unassigned characters have no place in text people read, and half a
 * surrogate pair is no character at all: Postgres refuses it in JSON.
 */
const UNSAFE_TEXT = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/u;
const UNSAFE_EXCEPT_NEWLINES = /[\p{Cf}\p{Co}\p{Cn}\p{Cs}]|(?![\n\t])\p{Cc}/u;

/** One line of text for people, trimmed and NFC-normalised. */
export const lineSchema = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .trim()
    .min(1)
    .normalize('NFC')
    .refine((text) => !UNSAFE_TEXT.test(text), 'must not have control or invisible characters');

/** Text of several lines for people, trimmed and NFC-normalised; the line ends of Windows become ours. */
export const textSchema = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .overwrite((text) => text.replaceAll('\r\n', '\n'))
    .trim()
    .min(1)
    .normalize('NFC')
    .refine((text) => !UNSAFE_EXCEPT_NEWLINES.test(text), 'must not have control or invisible characters');

export const instantSchema = z.iso
  .datetime({ precision: 3 })
  .describe('An instant, ISO 8601 in UTC, e.g. 2026-01-31T00:00:00.000Z');

export const fqdnSchema = z
  .string()
  .max(253)
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
    'must be a DNS domain name such as corp.example.com',
  )
  .toLowerCase()
  .describe('The DNS name of an Active Directory domain');

export const userNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/,
    'must have 1 to 64 letters, digits, ".", "_", "@" or "-"',
  )
  .toLowerCase()
  .describe('The unique name of a user of the product');

/** In events and decisions the product itself is called so: nobody may be taken for it. */
export const newUserNameSchema = userNameSchema.regex(
  /^(?!system$)/,
  'must not be "system", which is what the product calls itself',
);

export const samAccountNameSchema = z
  .string()
  .max(64)
  .trim()
  .superRefine((name, context) => {
    const problem = samAccountNameProblem(name);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  })
  .describe("The account's logon name (sAMAccountName)");

/** What lists of accounts are searched by. */
export const namePartSchema = z
  .string()
  .max(64)
  .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
  .trim()
  .min(1)
  .describe('A part of the name, in any case');

/** A distinguished name; the directory adapter parses it again before it is used. */
export const distinguishedNameSchema = z
  .string()
  .max(1024)
  .regex(
    /^(?:[Cc][Nn]|[Oo][Uu]|[Dd][Cc])=[^\p{Cc}\p{Cs}]+$/u,
    'must be a distinguished name such as OU=Managed,DC=corp,DC=example,DC=com',
  )
  .trim()
  .min(4)
  .describe('A distinguished name (RFC 4514)');

export const durationSchema = z
  .string()
  .max(32)
  .trim()
  .refine((text) => parseDuration(text) !== undefined, 'must be an ISO 8601 duration such as P90D or P1Y')
  .describe('An ISO 8601 duration of calendar units, e.g. P90D or P1Y');
