/** Templates as they are read, made and edited, and whether a name would do. Publishing is in `template-states.ts`. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  changeTemplate,
  checkName,
  createTemplate,
  listTemplateEvents,
  listTemplates,
  previewTemplate,
  readTemplate,
  readTemplateVersion,
} from '../../contracts/http/templates.ts';
import { API_PREFIX } from '../../contracts/http/route.ts';
import type { User } from '../../contracts/permissions.ts';
import { templateSchema } from '../../contracts/template.ts';
import { createTemplate as storeTemplate, replaceDraft } from '../../db/queries/publish-templates.ts';
import { listTemplateEvents as listEvents } from '../../db/queries/template-events.ts';
import * as queries from '../../db/queries/templates.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type HandlerAnswer, type Implementation } from '../http/implementation.ts';
import { onceOnly } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer, rowNumberSchema } from '../http/pagination.ts';
import { invalid, notFound, refusal } from '../http/refusal.ts';
import { checkName as checkNameUnder } from '../name-check.ts';
import { previewTemplate as preview } from '../template-preview.ts';
import { isAvailableTo, mayReadVersion } from '../template-visibility.ts';

const cursorSchema = z.strictObject({ name: templateSchema.shape.name, id: z.uuid() });

export function templateRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  return [
    implement(listTemplates, async ({ query: { limit, after, state }, caller }) => {
      const filter = isAdministrator(caller) ? { state } : othersSee(caller, state);
      if (!filter) return { body: { items: [], next: null } };
      const page = await queries.listTemplates(db, { ...filter, limit, after: decodeCursor(cursorSchema, after) });
      return { body: pageAnswer(page, (row) => shownTo(caller, row)) };
    }),
    implement(readTemplate, async ({ params: { id }, caller }) => {
      if (isAdministrator(caller)) return answerOf(await queries.findTemplate(db, id));
      const published = await queries.findPublishedTemplate(db, id);
      return answerOf(published && isAvailableTo(caller, published.template) ? shownTo(caller, published) : undefined);
    }),
    implement(readTemplateVersion, async ({ params: { id, version }, caller }) => {
      const found = await queries.findTemplate(db, id, version);
      return answerOf(found && (await mayReadVersion(db, caller, found)) ? shownTo(caller, found) : undefined);
    }),
    implement(createTemplate, async (call) => {
      const { body: template, caller } = call;
      const at = clock().toISOString();
      const created = await onceOnly(db, { route: createTemplate, call, at }, async (transaction) => {
        const id = randomUUID();
        const outcome = await storeTemplate(transaction, { id, template, by: caller.name, at });
        if (outcome === 'domain-missing') throw unknownDomain();
        return { body: (await queries.findTemplate(transaction, id))! };
      });
      return { ...answerOf(created), location: `${API_PREFIX}/templates/${created.id}` };
    }),
    implement(changeTemplate, async ({ params: { id }, body: template, ifMatch, caller }) => {
      const doing = { by: caller.name, at: clock().toISOString() };
      const changed = await replaceDraft(db, { id, template, expectedRevision: ifMatch, ...doing });
      switch (changed.outcome) {
        case 'changed':
          return answerOf(changed.row);
        case 'missing':
          throw notFound();
        case 'domain-missing':
          throw unknownDomain();
        case 'wrong-state':
          throw refusal('StateConflict', 'Only drafts are edited. POST …/draft begins a new version.');
        case 'conflict':
          throw refusal(
            'PreconditionFailed',
            `The template is at revision ${changed.revision} now. Read it, and edit that one.`,
          );
      }
    }),
    implement(previewTemplate, async ({ params: { id } }) => {
      const newest = await queries.findTemplate(db, id);
      if (!newest) throw notFound();
      return { body: await preview(dependencies, newest.template) };
    }),
    implement(listTemplateEvents, async ({ params: { id }, query: { limit, after } }) => {
      if (!(await queries.findTemplate(db, id))) throw notFound();
      const page = { templateId: id, limit, after: decodeCursor(rowNumberSchema, after) };
      return { body: pageAnswer(await listEvents(db, page), (event) => event) };
    }),
    implement(checkName, async ({ params: { id }, body: { samAccountName }, caller }) => {
      const published = await queries.findPublishedTemplate(db, id);
      if (published && (isAdministrator(caller) || isAvailableTo(caller, published.template))) {
        return { body: await checkNameUnder(dependencies, published.template, samAccountName) };
      }
      throw isAdministrator(caller) && (await queries.findTemplate(db, id)) ? refusal('NotPublished') : notFound();
    }),
  ];
}

/** `undefined` is what the caller may not know of, too. */
function answerOf(row: queries.TemplateRow | undefined): HandlerAnswer<queries.TemplateRow> {
  if (!row) throw notFound();
  return { body: row, version: row.revision };
}

function isAdministrator({ role }: User): boolean {
  return role === 'administrator';
}

/** Where approvers are hidden, whom a step asks is nobody's business but the administrators'. */
function shownTo(caller: User, row: queries.TemplateRow): queries.TemplateRow {
  const { approval } = row.template;
  if (isAdministrator(caller) || !approval.hideApprovers) return row;
  const nobody = { users: [], groups: [] };
  const steps = approval.steps.map((step) => ({ ...step, approvers: nobody, escalation: step.escalation && nobody }));
  return { ...row, template: { ...row.template, approval: { ...approval, steps } } };
}

/** Others see what they can ask under, and nothing in any other state. */
function othersSee({ name, groups }: User, state: queries.TemplateFilter['state']) {
  return state === undefined || state === 'published' ? { availableTo: { name, groups } } : undefined;
}

function unknownDomain() {
  return invalid([{ location: 'body', field: '/directory/domain', message: 'is not a registered domain' }]);
}
