/** Drafts of requests. Only their author gets at them. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Account } from '../../contracts/account.ts';
import { instantSchema } from '../../contracts/fields.ts';
import {
  changeDraft,
  cloneAccount,
  createDraft,
  deleteDraft,
  listDrafts,
  readDraft,
  submitDraft,
  type draftSchema,
  type DraftRequest,
} from '../../contracts/http/drafts.ts';
import { API_PREFIX } from '../../contracts/http/route.ts';
import type { User } from '../../contracts/permissions.ts';
import { accountRequestSchema } from '../../contracts/request.ts';
import { findAccount } from '../../db/queries/accounts.ts';
import * as queries from '../../db/queries/drafts.ts';
import { findTemplate } from '../../db/queries/templates.ts';
import { viewFor } from '../account-view.ts';
import { requestLike } from '../clone.ts';
import type { Dependencies } from '../dependencies.ts';
import { accountIdFor, onceOnly, operationIdFor, type ConfigurationRequest } from '../http/idempotency.ts';
import { implement, type Call, type HandlerAnswer, type Implementation } from '../http/implementation.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { fieldErrors } from '../http/parse.ts';
import { invalid, notFound, refusal } from '../http/refusal.ts';
import { firstAnswer, submit } from '../submission.ts';
import { findVisibleAccount } from '../visible-account.ts';

type Draft = z.infer<typeof draftSchema>;

const cursorSchema = z.strictObject({
  createdAt: instantSchema.refine((text) => Date.parse(text) > 0),
  id: z.uuid(),
});

export function draftRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  const now = (): string => clock().toISOString();
  const find = async (caller: User, id: string): Promise<Draft> => {
    const row = await queries.findDraft(db, { id, author: caller.name });
    if (!row) throw notFound();
    return draftOf(row);
  };
  return [
    implement(listDrafts, async ({ query: { after, limit }, caller }) => {
      const cursor = decodeCursor(cursorSchema, after);
      return { body: pageAnswer(await queries.listDrafts(db, { author: caller.name, limit, after: cursor }), draftOf) };
    }),
    implement(createDraft, (call) => save(dependencies, { route: createDraft, call, at: now() }, call.body)),
    implement(cloneAccount, async (call) => {
      const account = await findVisibleAccount(db, call, call.params.id);
      const made = await findTemplate(db, account.templateId, account.templateVersion);
      const request = requestLike(account, call.caller.name, made?.template);
      return save(dependencies, { route: cloneAccount, call, at: now() }, request);
    }),
    implement(readDraft, async ({ params, caller }) => shown(await find(caller, params.id))),
    implement(changeDraft, async ({ params: { id }, body: request, caller, ifMatch }) => {
      const edit = { id, author: caller.name, expectedRevision: ifMatch, changedAt: now() };
      const changed = await queries.replaceDraft(db, { ...edit, request, templateId: request.templateId ?? null });
      if (changed.outcome === 'missing') throw notFound();
      if (changed.outcome === 'conflict') throw refusal('PreconditionFailed');
      return shown(await find(caller, id));
    }),
    implement(deleteDraft, async ({ params: { id }, caller, ifMatch }) => {
      const row = await queries.deleteDraft(db, { id, author: caller.name, expectedRevision: ifMatch });
      if (row) return { body: draftOf(row) };
      await find(caller, id);
      throw refusal('PreconditionFailed');
    }),
    implement(submitDraft, async (call) => {
      const account = await submitted(dependencies, call, (id) => find(call.caller, id));
      await queries.deleteDraft(db, {
        id: call.params.id,
        author: call.caller.name,
        expectedRevision: call.ifMatch,
      });
      return {
        body: viewFor(call.caller, account, clock()),
        version: account.sequence,
        location: `${API_PREFIX}/accounts/${account.id}`,
      };
    }),
  ];
}

/**
 * The account of a draft. Its id comes from draft and key, so that a repetition finds it when the draft is gone already; what
 * was submitted then is seen from the account.
 */
async function submitted(
  dependencies: Dependencies,
  { params: { id }, caller, ifMatch, idempotencyKey, isAbout }: Call<{ readonly id: string }>,
  find: (id: string) => Promise<Draft>,
): Promise<Account> {
  const key = `${id} ${idempotencyKey}`;
  const ids = {
    accountId: accountIdFor(caller.name, key),
    operationId: operationIdFor(caller.name, submitDraft.operationId, key),
  };
  isAbout(ids);
  const earlier = await findAccount(dependencies.db, ids.accountId);
  if (earlier) return firstAnswer(dependencies, ids, earlier);
  const { request, revision } = await find(id);
  if (revision !== ifMatch) throw refusal('PreconditionFailed');
  const parsed = accountRequestSchema.safeParse(request);
  if (!parsed.success) throw invalid(fieldErrors('body', parsed.error));
  return submit(dependencies, { ...ids, caller, request: parsed.data });
}

/** A new draft, made once however often its request arrives. */
async function save(
  { db }: Dependencies,
  asked: ConfigurationRequest,
  request: DraftRequest,
): Promise<HandlerAnswer<Draft>> {
  const body = await onceOnly(db, asked, async (transaction): Promise<{ body: Draft }> => {
    const draft = { id: randomUUID(), request, createdAt: asked.at };
    const templateId = request.templateId ?? null;
    await queries.createDraft(transaction, { ...draft, author: asked.call.caller.name, templateId });
    return { body: { ...draft, revision: 1, changedAt: asked.at } };
  });
  return { ...shown(body), location: `${API_PREFIX}/drafts/${body.id}` };
}

function draftOf({ id, request, revision, createdAt, changedAt }: queries.DraftRow): Draft {
  return { id, request: request as DraftRequest, revision, createdAt, changedAt };
}

function shown(draft: Draft): HandlerAnswer<Draft> {
  return { body: draft, version: draft.revision };
}
