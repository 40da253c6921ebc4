/** How the text of an environment variable becomes a value. Messages complete "NAME …". */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { distinguishedNameSchema, fqdnSchema } from '../../contracts/fields.ts';

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
    const plain = url?.hostname && !url.username && !url.password && !url.search && !url.hash;
    if (!plain || !schemes.includes(url.protocol)) {
      const start = schemes.map((scheme) => `${scheme}//`).join(' or ');
      context.addIssue({
        code: 'custom',
        message: `must be a URL that begins with ${start}, without credentials or query`,
      });
    }
  });

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** For what secrets are sent to: TLS, or plain http that does not leave the machine. */
export const secretiveUrlSchema = urlSchema('https:', 'http:').refine(
  (text) => !URL.canParse(text) || new URL(text).protocol !== 'http:' || LOOPBACK.test(new URL(text).hostname),
  'must begin with https://: plain http is for this machine only',
);

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

/** `read`, whose error becomes `message`: it might quote a secret. */
const readable = (read: (text: string) => unknown, message: string) =>
  z.string().refine((text) => {
    try {
      return read(text) !== undefined;
    } catch {
      return false;
    }
  }, message);

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** One or more certificates in PEM, with any text around them. */
export const certificatesSchema = readable(
  (text) => text.match(CERTIFICATE)?.map((pem) => new X509Certificate(pem)),
  'names a file that holds no certificate in PEM, or one that is damaged',
);

export const guidSchema = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be an id such as 5f1a0c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f');

export const privateKeySchema = readable(
  (text) => createPrivateKey(text),
  'names a file that holds no private key in PEM, or one that needs a passphrase',
);

/** The schema of the contracts, in one sentence. */
export const dnSchema = z
  .string()
  .trim()
  .refine(
    (text) => distinguishedNameSchema.safeParse(text).success,
    'must be a distinguished name such as OU=Managed,DC=corp,DC=example,DC=com',
  );

/** What a simple bind takes of what we describe. */
export const bindNameSchema = z.string().refine((text) => {
  const [, domain] = /^[^@\s]{1,256}@([^@]+)$/.exec(text) ?? [];
  return domain === undefined ? dnSchema.safeParse(text).success : fqdnSchema.safeParse(domain).success;
}, 'must be a distinguished name, or user@domain');

/** Node's own switch for debug output: names in any case, with `*` for any text. */
export const quietNodeDebugSchema = z.string().refine((text) => {
  const patterns = text.split(',').map((name) =>
    name
      .trim()
      .replaceAll(/[^\w*]/g, '\\$&')
      .replaceAll('*', '.*'),
  );
  return !patterns.some((pattern) => new RegExp(`^${pattern}$`, 'i').test('ldapts'));
}, 'must not include ldapts, which prints passwords in clear');
