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
import { findTemplate, holdTemplate } from '../../db/queries/templates.ts';
import { viewFor } from '../account-view.ts';
import { requestLike } from '../clone.ts';
import type { Dependencies } from '../dependencies.ts';
import { createTurns } from '../gateway/turns.ts';
import { IN_WORDS } from '../http/field-messages.ts';
import { accountIdFor, onceOnly, operationIdFor, type ConfigurationRequest } from '../http/idempotency.ts';
import { implement, type Call, type HandlerAnswer, type Implementation } from '../http/implementation.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { fieldErrors } from '../http/parse.ts';
import { invalid, notFound, refusal } from '../http/refusal.ts';
import { firstAnswer, refuseUnknownTemplate, submit } from '../submission.ts';
import { findVisibleAccount } from '../visible-account.ts';

type Draft = z.infer<typeof draftSchema>;

/** Longer than a submission is waited for. */
const TURN_MS = 30_000;

const cursorSchema = z.strictObject({
  createdAt: instantSchema.refine((text) => Date.parse(text) > 0),
  id: z.uuid(),
});

export function draftRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  const now = (): string => clock().toISOString();
  // Whoever submits a draft twice, or edits it or throws it away meanwhile, is told that it is gone. Beside another process
  // of the API the second submission is told that its name is taken.
  const inTurn = createTurns(1, TURN_MS);
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
      await refuseUnknownTemplate(db, caller, request.templateId);
      const edit = { id, author: caller.name, expectedRevision: ifMatch, changedAt: now() };
      const wanted = { ...edit, request, templateId: request.templateId ?? null };
      const changed = await inTurn(id, () => queries.replaceDraft(db, wanted));
      if (changed.outcome === 'missing') throw notFound();
      if (changed.outcome === 'conflict') throw refusal('PreconditionFailed');
      return shown(await find(caller, id));
    }),
    implement(deleteDraft, async ({ params: { id }, caller, ifMatch }) => {
      const draft = { id, author: caller.name, expectedRevision: ifMatch };
      const row = await inTurn(id, () => queries.deleteDraft(db, draft));
      if (row) return { body: draftOf(row) };
      await find(caller, id);
      throw refusal('PreconditionFailed');
    }),
    implement(submitDraft, async (call) => {
      const { id } = call.params;
      const account = await inTurn(id, async () => {
        const made = await submitted(dependencies, call, () => find(call.caller, id));
        await queries.deleteDraft(db, { id, author: call.caller.name, expectedRevision: call.ifMatch });
        return made;
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
  find: () => Promise<Draft>,
): Promise<Account> {
  const key = `${id} ${idempotencyKey}`;
  const ids = {
    accountId: accountIdFor(caller.name, key),
    operationId: operationIdFor(caller.name, submitDraft.operationId, key),
  };
  isAbout(ids);
  const earlier = await findAccount(dependencies.db, ids.accountId);
  if (earlier) return firstAnswer(dependencies, ids, earlier);
  const { request, revision } = await find();
  if (revision !== ifMatch) throw refusal('PreconditionFailed');
  const parsed = accountRequestSchema.safeParse(request, IN_WORDS);
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
    const { caller } = asked.call;
    if (templateId !== null) await holdTemplate(transaction, templateId);
    await refuseUnknownTemplate(transaction, caller, request.templateId);
    await queries.createDraft(transaction, { ...draft, author: caller.name, templateId });
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
