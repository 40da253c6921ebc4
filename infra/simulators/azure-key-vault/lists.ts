/**
 * Lists, page by page. A full page always has a next link, so the last page may be empty; no list is in the order of
 * time; a link works for the list that it came from only.
 */
import { randomBytes } from 'node:crypto';
import { badParameter } from './answer.ts';
import { bundle, deletion, listItem, type VaultRules } from './bundles.ts';
import { shownAs } from './operations.ts';
import type { Store } from './store.ts';
import { checkPageSize, type Query } from './validation.ts';

export interface Lists {
  secrets(query: Query): object;
  versions(name: string, query: Query): object;
  deleted(query: Query): object;
}

interface Item {
  /** What the list is sorted by. */
  readonly key: string;
  readonly body: object;
}

interface Continuation {
  readonly path: string;
  readonly after: string;
}

/** What a list may have in its query besides `api-version`. */
export const LIST_PARAMETERS = ['maxresults', '$skiptoken'];

export function createLists(store: Store, rules: VaultRules): Lists {
  const continuations = new Map<string, Continuation>();

  function page(path: string, items: readonly Item[], query: Query): object {
    const size = checkPageSize(query['maxresults']);
    const after = startOf(path, query['$skiptoken']);
    const shown = items.filter(({ key }) => key > after).slice(0, size);
    const value = shown.map(({ body }) => body);
    if (shown.length < size) return { value, nextLink: null };
    const token = randomBytes(24).toString('base64url');
    continuations.set(token, { path, after: shown.at(-1)!.key });
    const parameters = new URLSearchParams({
      'api-version': String(query['api-version']),
      $skiptoken: token,
      maxresults: String(size),
    });
    return { value, nextLink: `${rules.url}${path}?${parameters.toString()}` };
  }

  function startOf(path: string, token: unknown): string {
    if (token === undefined) return '';
    const continuation = typeof token === 'string' ? continuations.get(token) : undefined;
    if (continuation?.path !== path) throw badParameter('The $skiptoken is not one of this list.');
    return continuation.after;
  }

  const shown = (state: 'active' | 'deleted') =>
    store.names().flatMap((key) => {
      const sight = store.peek(key);
      return sight.secret && sight.shown === state ? [{ key, secret: sight.secret }] : [];
    });

  return {
    secrets(query) {
      const items = shown('active').map(({ key, secret }) => ({ key, body: listItem(rules, secret) }));
      return page('/secrets', items, query);
    },
    versions(name, query) {
      const secret = shownAs('active', name, store.see(name));
      const items = secret.versions.map((version) => ({ key: version.id, body: bundle(rules, secret, version) }));
      return page(
        `/secrets/${name}/versions`,
        items.sort((one, other) => (one.key < other.key ? -1 : 1)),
        query,
      );
    },
    deleted(query) {
      const items = shown('deleted').map(({ key, secret }) => ({
        key,
        body: { ...deletion(rules, secret), ...listItem(rules, secret) },
      }));
      return page('/deletedsecrets', items, query);
    },
  };
}
