/** AD domains, and whether their engines run. */
import { fqdnSchema } from '../../contracts/fields.ts';
import { createDomain, listDomains } from '../../contracts/http/domains.ts';
import * as queries from '../../db/queries/domains.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { onceOnly } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { refusal } from '../http/refusal.ts';

export function domainRoutes({ db, gateway, clock }: Dependencies): Implementation[] {
  const withEngine = async (domain: queries.DomainRow) => ({
    ...domain,
    engine: await gateway.engineStatus(domain.fqdn),
  });
  return [
    implement(listDomains, async ({ query: { limit, after } }) => {
      const { items, ...rest } = await queries.listDomains(db, { limit, after: decodeCursor(fqdnSchema, after) });
      const shown = await Promise.all(items.map(withEngine));
      return { body: pageAnswer({ items: shown, ...rest }, (domain) => domain) };
    }),
    implement(createDomain, async (call) => {
      const { fqdn } = call.body;
      const at = clock().toISOString();
      const created = await onceOnly(db, { route: createDomain, call, at }, async (transaction) => {
        const outcome = await queries.createDomain(transaction, fqdn, at);
        if (outcome === 'exists') throw refusal('NameTaken', `The domain ${fqdn} is registered already.`);
        return { body: { fqdn, createdAt: at } };
      });
      return { body: await withEngine(created) };
    }),
  ];
}
