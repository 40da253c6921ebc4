/**
 * The search of secrets: a term in the path, the description or one attribute (docs.delinea.com, DevOps Secrets Vault; dsv-docs,
 * `product/cli-ref/secret.md`, "Search"). Finds descriptions, never data.
 */
import { badRequest } from './answer.ts';
import { pageOf, parseOrder, type Page, type Query } from './pages.ts';
import type { SecretVersion } from './vault.ts';

export interface Findable {
  readonly path: string;
  readonly id: string;
  readonly current: SecretVersion;
  readonly view: unknown;
}

const COMPARISONS: Readonly<Record<string, (value: string, term: string) => boolean>> = {
  contains: (value, term) => value.includes(term),
  equal: (value, term) => value === term,
  begins_with: (value, term) => value.startsWith(term),
};

/** In the order of the last modification. Throws 400 on a parameter that the vendor's page does not name. */
export function searchSecrets(secrets: readonly Findable[], query: Query): Page {
  const order = parseOrder(query);
  const matches = parseMatch(query);
  const found = secrets.filter(matches);
  return pageOf(
    found.map(({ id, current, view }) => ({ key: `${String(current.modifiedMs).padStart(15, '0')} ${id}`, view })),
    query,
    order,
  );
}

function parseMatch(query: Query): (secret: Findable) => boolean {
  const term = query.get('searchTerm') ?? '';
  const links = query.get('search.links') || 'false';
  if (links !== 'false') return ({ current }) => linkOf(current) === term.replaceAll('/', ':');
  const field = query.get('search.field') || 'path';
  const valueOf = parseField(field);
  const matches = parseComparison(query, field === 'path' ? term.replaceAll('/', ':') : term);
  return (secret) => matches(valueOf(secret));
}

/** Whether a value fits the term: as a number, or as a text by the comparison that is asked for. */
function parseComparison(query: Query, term: string): (value: unknown) => boolean {
  const comparison = query.get('search.comparison') || 'contains';
  const compare = Object.hasOwn(COMPARISONS, comparison) ? COMPARISONS[comparison] : undefined;
  if (!compare) throw badRequest('search.comparison must be contains, equal or begins_with');
  const type = query.get('search.type') || 'string';
  if (type === 'string') return (value) => typeof value === 'string' && compare(value, term);
  if (type !== 'number') throw badRequest('search.type must be string or number');
  const number = Number(term || 'none');
  if (!Number.isFinite(number)) throw badRequest('the search term must be a number');
  return (value) => value === number;
}

function parseField(field: string): (secret: Findable) => unknown {
  if (field === 'path') return ({ path }) => path;
  if (field === 'description') return ({ current }) => current.description;
  const [, attribute] = /^attributes\.(.+)$/.exec(field) ?? [];
  if (!attribute) throw badRequest('search.field must be path, description or attributes.<name>');
  return ({ current: { attributes } }) => attributes?.[attribute];
}

/** The path of the secret that a dynamic secret is made from (dsv-docs, `product/dynamic-secrets`). */
function linkOf({ attributes }: SecretVersion): unknown {
  const link = attributes?.['linkConfig'];
  return typeof link === 'object' && link !== null && 'linkedSecret' in link ? link.linkedSecret : undefined;
}
