/** Freezes: put in force and ended by administrators. The platform's activity reads them before each destructive step. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { fqdnSchema, instantSchema } from '../../contracts/fields.ts';
import { createFreeze, listFreezes, thawFreeze } from '../../contracts/http/freezes.ts';
import type { Database } from '../../db/client.ts';
import { findDomain } from '../../db/queries/domains.ts';
import * as queries from '../../db/queries/freezes.ts';
import { findTemplate, holdTemplate } from '../../db/queries/templates.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { onceOnly } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { invalid, notFound, refusal } from '../http/refusal.ts';

/** Postgres has no year 0. */
const cursorSchema = z.strictObject({
  frozenAt: instantSchema.refine((text) => Date.parse(text) > 0),
  id: z.uuid(),
});

export function freezeRoutes({ db, clock }: Dependencies): Implementation[] {
  return [
    implement(listFreezes, async ({ query: { after, ...filter } }) => {
      const page = await queries.listFreezes(db, { ...filter, after: decodeCursor(cursorSchema, after) });
      return { body: pageAnswer(page, (freeze) => freeze) };
    }),
    implement(createFreeze, async (call) => {
      const at = clock().toISOString();
      const body = await onceOnly(db, { route: createFreeze, call, at }, async (transaction) => {
        const { scope, subject, reason } = call.body;
        if (!(await isThere(transaction, scope, subject))) {
          const message = scope === 'domain' ? 'is not a registered domain' : 'is not the id of a template';
          throw invalid([{ location: 'body', field: '/subject', message }]);
        }
        const frozen = { id: randomUUID(), scope, subject, reason, frozenBy: call.caller.name, frozenAt: at };
        if ((await queries.createFreeze(transaction, frozen)) === 'exists') {
          throw refusal(
            'StateConflict',
            `The ${scope} is frozen already. GET /freezes?inForce=true has by whom and why.`,
          );
        }
        return { body: { ...frozen, thawedBy: null, thawedAt: null } };
      });
      return { body };
    }),
    implement(thawFreeze, async (call) => {
      const at = clock().toISOString();
      const body = await onceOnly(db, { route: thawFreeze, call, at }, async (transaction) => {
        const thawing = { id: call.params.id, thawedBy: call.caller.name, thawedAt: at };
        const thawed = await queries.thawFreeze(transaction, thawing);
        if (!thawed) throw notFound();
        return { body: thawed };
      });
      return { body };
    }),
  ];
}

async function isThere(db: Database, scope: 'domain' | 'template', subject: string): Promise<boolean> {
  const kind = scope === 'domain' ? fqdnSchema : z.uuid();
  if (!kind.safeParse(subject).success) return false;
  // A template is not deleted while its freeze is put in force.
  if (scope === 'template') await holdTemplate(db, subject);
  return (await (scope === 'domain' ? findDomain(db, subject) : findTemplate(db, subject))) !== undefined;
}
