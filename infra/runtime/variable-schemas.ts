/** How the text of an environment variable becomes a value. Messages complete "NAME …". */
import { z } from 'zod';

export const hostSchema = z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'must be a host name or an address');

export const integerSchema = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

export const portSchema = integerSchema(0, 65_535);

export const booleanSchema = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true');

export const addressSchema = z.string().regex(/^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, 'must be host:port');

/** A URL that begins with one of `schemes`, without credentials, query or fragment. */
export const urlSchema = (...schemes: string[]) =>
  z.string().superRefine((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const plain = url && !url.username && !url.password && !url.search && !url.hash;
    if (!plain || !schemes.includes(url.protocol)) {
      const start = schemes.map((scheme) => `${scheme}//`).join(' or ');
      context.addIssue({
        code: 'custom',
        message: `must be a URL that begins with ${start}, without credentials or query`,
      });
    }
  });

export const originSchema = urlSchema('https:', 'http:').transform((text) => new URL(text).origin);

export const listSchema = <S extends z.ZodType<unknown, string>>(separator: string, item: S) =>
  z
    .string()
    .transform((text) =>
      text
        .split(separator)
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item).min(1, 'must name at least one').max(20, 'must name at most 20'));
