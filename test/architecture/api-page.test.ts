/** Every example of `docs/api.md` is a request that the API would take. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { API_PREFIX, type Route } from '../../contracts/http/route.ts';
import { ROUTES } from '../../contracts/http/routes.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');

/** Stand for what the page leaves to the reader, and to the shell. */
const filledIn = (text: string): string =>
  text
    .replaceAll('$ID', '00000000-0000-4000-8000-000000000000')
    .replaceAll('\\"', '"')
    .replaceAll('$(instant tomorrow)', '2027-01-01T00:00:00.000Z')
    .replaceAll("$(instant '+21 days')", '2027-01-22T00:00:00.000Z')
    .replace('"…"', '"00000000-0000-4000-8000-000000000000"');

const posts = [...page.matchAll(/^post "\$\w+" (\S+)(?: (?:'([^']*)'|"(\{.*\})"))?/gm)].map(
  ([, path, bare, quoted]) => ({
    path: filledIn(path!.replaceAll('"', '')),
    body: filledIn(bare ?? quoted ?? '') || undefined,
  }),
);
const gets = [...page.matchAll(/"\$ALM(\/[^"]+)"/g)].map(([, path]) => ({ path: filledIn(path!) }));

function routeOf(method: Route['method'], path: string): Route | undefined {
  const [bare] = path.split('?');
  return ROUTES.find(
    (route) => route.method === method && new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(bare!),
  );
}

test('the page has examples', () => {
  expect(posts.length).toBeGreaterThan(8);
  expect(gets.length).toBeGreaterThan(2);
  expect(page).toContain(API_PREFIX);
});

test.each(posts)('POST $path', ({ path, body }) => {
  const route = routeOf('post', path);
  expect(route, 'a route of the table').toBeDefined();
  const parsed = body === undefined ? undefined : (JSON.parse(body) as unknown);
  expect(route!.body === undefined ? parsed : route!.body.safeParse(parsed).error).toBeUndefined();
});

test.each(gets)('GET $path', ({ path }) => {
  const route = routeOf('get', path);
  expect(route, 'a route of the table').toBeDefined();
  const query = Object.fromEntries(new URL(path, 'http://localhost').searchParams);
  expect(route!.query.safeParse(query).error).toBeUndefined();
});
