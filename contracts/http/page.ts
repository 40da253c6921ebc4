/** Lists are read a page at a time. */
import { z } from 'zod';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

/** A whole number from 1 to `max` in a query or a path: digits and nothing else, as the OpenAPI document has it. */
export const countSchema = (max: number) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : text),
    z.number(`must be a whole number from 1 to ${max}`).int().min(1).max(max),
  );

/** Query fields that every list has. */
export const pageQueryFields = {
  limit: countSchema(MAX_PAGE_SIZE)
    .default(DEFAULT_PAGE_SIZE)
    .describe(`How many items a page has at most: ${DEFAULT_PAGE_SIZE} unless it is said`),
  after: z
    .string()
    .max(500)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be the "next" of a page')
    .optional()
    .describe('Where the page begins: the `next` of the page before'),
};

export const pageQuerySchema = z.strictObject(pageQueryFields);

/** A page of `item`s. */
export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('The `after` of the next page; null on the last one'),
  });
