/** Templates: everybody reads them, administrators make and change them. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  changeTemplate,
  createTemplate,
  listTemplates,
  readTemplate,
  readTemplateVersion,
} from '../../contracts/http/templates.ts';
import { API_PREFIX } from '../../contracts/http/route.ts';
import { templateSchema, type Template } from '../../contracts/template.ts';
import * as queries from '../../db/queries/templates.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type HandlerAnswer, type Implementation } from '../http/implementation.ts';
import { onceOnly } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { invalid, notFound, refusal } from '../http/refusal.ts';
import { templateProblems } from '../template-rules.ts';

const cursorSchema = z.strictObject({ name: templateSchema.shape.name, id: z.uuid() });

export function templateRoutes({ db, clock, allowShortIntervals }: Dependencies): Implementation[] {
  const check = async (template: Template): Promise<void> => {
    const problems = await templateProblems(db, template, { allowShortIntervals });
    if (problems.length > 0) throw invalid(problems);
  };
  const find = async (id: string, version?: number) => {
    const found = await queries.findTemplate(db, id, version);
    if (!found) throw notFound();
    return answerOf(found);
  };
  return [
    implement(listTemplates, async ({ query: { limit, after } }) => {
      const page = await queries.listTemplates(db, { limit, after: decodeCursor(cursorSchema, after) });
      return { body: pageAnswer(page, (template) => template) };
    }),
    implement(readTemplate, ({ params: { id } }) => find(id)),
    implement(readTemplateVersion, ({ params: { id, version } }) => find(id, version)),
    implement(createTemplate, async (call) => {
      const { body: template, caller } = call;
      await check(template);
      const at = clock().toISOString();
      const created = await onceOnly(db, { route: createTemplate, call, at }, async (transaction) => {
        const made = { id: randomUUID(), template, createdBy: caller.name, createdAt: at };
        const outcome = await queries.createTemplate(transaction, made);
        if (outcome !== 'created') throw new Error(`a checked template was not stored: ${outcome}`);
        return { body: { ...made, version: 1 } };
      });
      return { ...answerOf(created), location: `${API_PREFIX}/templates/${created.id}` };
    }),
    implement(changeTemplate, async ({ params: { id }, body: template, caller, ifMatch: expectedVersion }) => {
      if (!(await queries.findTemplate(db, id))) throw notFound();
      await check(template);
      const change = { id, template, createdBy: caller.name, createdAt: clock().toISOString() };
      const added = await queries.addTemplateVersion(db, { ...change, expectedVersion });
      if (added.outcome === 'added') return answerOf({ ...change, version: added.version });
      if (added.outcome !== 'conflict') throw new Error(`a checked template was not stored: ${added.outcome}`);
      throw refusal('PreconditionFailed', `The newest version is ${added.currentVersion}. Read it, and edit that one.`);
    }),
  ];
}

function answerOf(template: queries.TemplateVersionRow): HandlerAnswer<queries.TemplateVersionRow> {
  return { body: template, version: template.version };
}
