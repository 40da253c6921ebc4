/** AD domains: whether their engines run, and the brake on what is destroyed in them. */
import { fqdnSchema } from '../../contracts/fields.ts';
import { changeDomain, createDomain, listDomains, readDomain, releaseBrake } from '../../contracts/http/domains.ts';
import * as queries from '../../db/queries/domains.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { onceOnly } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { notFound, refusal } from '../http/refusal.ts';

export function domainRoutes({ db, gateway, clock }: Dependencies): Implementation[] {
  /** The domain as callers get it: with what nobody stores. */
  const shown = async ({ fqdn, createdAt, version, brakePerHour, ...brake }: queries.DomainRow) => {
    const { brakeEngagedAt: engagedAt, brakeReleasedBy: releasedBy, brakeReleasedAt: releasedAt } = brake;
    const [engine, stepsInLastHour] = await Promise.all([
      gateway.engineStatus(fqdn),
      queries.destructiveStepsInHour(db, { fqdn, brakeReleasedAt: releasedAt }, clock().toISOString()),
    ]);
    const state = { stepsInLastHour, engagedAt, releasedBy, releasedAt };
    return { fqdn, createdAt, version, brakePerHour, brake: state, engine };
  };
  const answerOf = async (row: queries.DomainRow) => ({ body: await shown(row), version: row.version });

  return [
    implement(listDomains, async ({ query: { limit, after } }) => {
      const { items, ...rest } = await queries.listDomains(db, { limit, after: decodeCursor(fqdnSchema, after) });
      return { body: pageAnswer({ items: await Promise.all(items.map(shown)), ...rest }, (domain) => domain) };
    }),
    implement(readDomain, async ({ params: { fqdn } }) => {
      const found = await queries.findDomain(db, fqdn);
      if (!found) throw notFound();
      return answerOf(found);
    }),
    implement(createDomain, async (call) => {
      const { fqdn } = call.body;
      const at = clock().toISOString();
      const created = await onceOnly(db, { route: createDomain, call, at }, async (transaction) => {
        const outcome = await queries.createDomain(transaction, fqdn, at);
        if (outcome === 'exists') throw refusal('NameTaken', `The domain ${fqdn} is registered already.`);
        return { body: (await queries.findDomain(transaction, fqdn))! };
      });
      return answerOf(created);
    }),
    implement(changeDomain, async ({ params: { fqdn }, body: { brakePerHour }, ifMatch }) => {
      const changed = await queries.setBrake(db, { fqdn, brakePerHour, expectedVersion: ifMatch });
      if (changed.outcome === 'missing') throw notFound();
      if (changed.outcome === 'changed') return answerOf(changed.row);
      throw refusal(
        'PreconditionFailed',
        `The domain is at version ${changed.version} now. Read it, and edit that one.`,
      );
    }),
    implement(releaseBrake, async (call) => {
      const { fqdn } = call.params;
      const at = clock().toISOString();
      const released = await onceOnly(db, { route: releaseBrake, call, at }, async (transaction) => {
        const domain = await queries.releaseBrake(transaction, { fqdn, by: call.caller.name, at });
        if (!domain) throw notFound();
        return { body: domain };
      });
      return answerOf(released);
    }),
  ];
}
