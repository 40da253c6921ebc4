/**
 * What the vault accepts. Where the vendor does not say, the simulator refuses: fields it does not know, nulls, empty
 * values, an `exp` that is not after `nbf`.
 */
import { badParameter } from './answer.ts';

/** Stable data-plane versions that the official SDKs speak (their `KnownVersions`), and their predecessors. */
export const API_VERSIONS: ReadonlySet<string> = new Set([
  '7.0',
  '7.1',
  '7.2',
  '7.3',
  '7.4',
  '7.5',
  '7.6',
  '2025-07-01',
  '2026-04-01',
]);

const MAX_VALUE_BYTES = 25 * 1024;
const MAX_TAGS = 15;
/** The vendor's pages say 256 at one time and 512 at another. */
const MAX_TAG_LENGTH = 256;
const MAX_CONTENT_TYPE_LENGTH = 255;
export const MAX_PAGE = 25;

export interface Metadata {
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly enabled?: boolean;
  readonly nbf?: number;
  readonly exp?: number;
}

type Fields = Readonly<Record<string, unknown>>;
export type Query = Readonly<Record<string, unknown>>;

export function checkName(name: string): string {
  if (!/^[0-9A-Za-z-]{1,127}$/.test(name)) {
    throw badParameter('A secret name must be 1 to 127 characters of 0-9, a-z, A-Z and -.');
  }
  return name;
}

export function checkVersion(version: string): string {
  if (!/^[0-9a-f]{32}$/.test(version)) throw badParameter('A secret version must be 32 hexadecimal digits.');
  return version;
}

/** Throws unless the query has one `api-version` that is known, and nothing but it and `alsoAllowed`. */
export function checkQuery(query: Query, alsoAllowed: readonly string[] = []): void {
  const version = query['api-version'];
  if (typeof version !== 'string' || !API_VERSIONS.has(version)) {
    const given = typeof version === 'string' ? version : '';
    throw badParameter(`The specified version (${given}) is not recognized.`);
  }
  const unknown = Object.keys(query).find((key) => key !== 'api-version' && !alsoAllowed.includes(key));
  if (unknown !== undefined) throw badParameter(`The query parameter ${unknown} is not known.`);
}

export function checkPageSize(given: unknown): number {
  if (given === undefined) return MAX_PAGE;
  const size = typeof given === 'string' && /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (size < 1 || size > MAX_PAGE) throw badParameter(`maxresults must be between 1 and ${MAX_PAGE}.`);
  return size;
}

/** The body of a `PUT`. */
export function parseSet(body: unknown): { value: string; metadata: Metadata } {
  const fields = parseFields(body, ['value', 'contentType', 'tags', 'attributes']);
  const { value } = fields;
  if (typeof value !== 'string' || value === '') throw badParameter('The property value must be a non-empty string.');
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) throw badParameter('The secret value is longer than 25 KB.');
  return { value, metadata: parseMetadata(fields) };
}

/** The body of a `PATCH`: what a `PUT` has but the value, which never changes within a version. */
export function parseUpdate(body: unknown): Metadata {
  return parseMetadata(parseFields(body, ['contentType', 'tags', 'attributes']));
}

/** The body of a restore. */
export function parseRestore(body: unknown): string {
  const { value } = parseFields(body, ['value']);
  if (typeof value !== 'string' || value === '') throw badParameter('The property value must be a backup.');
  return value;
}

/** Throws unless the window, if there is one, has a length. */
export function checkWindow({ nbf, exp }: { nbf?: number | undefined; exp?: number | undefined }): void {
  if (nbf !== undefined && exp !== undefined && exp <= nbf) throw badParameter('exp must be later than nbf.');
}

function parseFields(body: unknown, known: readonly string[], what = 'the body'): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badParameter(`A JSON object is expected as ${what}.`);
  }
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined) throw badParameter(`The property ${unknown} is not known in ${what}.`);
  return body as Fields;
}

function parseMetadata(fields: Fields): Metadata {
  const attributes =
    fields['attributes'] === undefined
      ? {}
      : parseFields(fields['attributes'], ['enabled', 'nbf', 'exp'], 'the attributes');
  const metadata = {
    ...parseContentType(fields['contentType']),
    ...parseTags(fields['tags']),
    ...parseEnabled(attributes['enabled']),
    ...parseInstant('nbf', attributes['nbf']),
    ...parseInstant('exp', attributes['exp']),
  };
  return metadata;
}

function parseContentType(contentType: unknown): Pick<Metadata, 'contentType'> {
  if (contentType === undefined) return {};
  if (typeof contentType !== 'string' || contentType.length > MAX_CONTENT_TYPE_LENGTH) {
    throw badParameter(`contentType must be a string of at most ${MAX_CONTENT_TYPE_LENGTH} characters.`);
  }
  return { contentType };
}

function parseTags(tags: unknown): Pick<Metadata, 'tags'> {
  if (tags === undefined) return {};
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) throw badParameter('tags must be an object.');
  const entries = Object.entries(tags as Fields);
  if (entries.length > MAX_TAGS) throw badParameter(`A secret can have at most ${MAX_TAGS} tags.`);
  for (const [name, value] of entries) {
    const fits = typeof value === 'string' && value.length <= MAX_TAG_LENGTH;
    if (!fits || name === '' || name.length > MAX_TAG_LENGTH) {
      throw badParameter(`Names and values of tags are strings of at most ${MAX_TAG_LENGTH} characters.`);
    }
  }
  return { tags: Object.fromEntries(entries) as Record<string, string> };
}

function parseEnabled(enabled: unknown): Pick<Metadata, 'enabled'> {
  if (enabled === undefined) return {};
  if (typeof enabled !== 'boolean') throw badParameter('enabled must be true or false.');
  return { enabled };
}

function parseInstant(name: 'nbf' | 'exp', value: unknown): { nbf?: number; exp?: number } {
  if (value === undefined) return {};
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw badParameter(`${name} must be whole seconds since 1970.`);
  }
  return { [name]: value };
}
