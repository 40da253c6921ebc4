/** A request for an account on its way to its workflow: checked field by field, sent once, answered with the first answer. */
import { isDeepStrictEqual } from 'node:util';
import type { Account } from '../contracts/account.ts';
import type { FieldError } from '../contracts/http/problem.ts';
import type { User } from '../contracts/permissions.ts';
import type { AccountRequest } from '../contracts/request.ts';
import { chosenBy, requestProblems } from '../contracts/template-choices.ts';
import type { Template } from '../contracts/template.ts';
import type { Database } from '../db/client.ts';
import { hasTakenName } from '../db/queries/names.ts';
import { findPublishedTemplate, findTemplate, type TemplateRow } from '../db/queries/templates.ts';
import type { Dependencies } from './dependencies.ts';
import { keyReused } from './http/idempotency.ts';
import { invalid, isRefusal, refusal } from './http/refusal.ts';
import { spellingRules } from './name-check.ts';
import { groupProblems, userProblems } from './named-people.ts';
import { hasPartUnder, isAvailableTo, mayKnowTemplate } from './template-visibility.ts';

export interface Submission {
  readonly caller: User;
  readonly request: AccountRequest;
  /** Of the account that it makes, and of the operation: the same request again has the same ones. */
  readonly accountId: string;
  readonly operationId: string;
}

type Parts = Pick<Dependencies, 'db' | 'gateway'>;

/** Sends a request that was not sent before. Refused for what can be said at once; the workflow has the last word. */
export async function submit({ db, gateway }: Parts, submission: Submission): Promise<Account> {
  const { caller, request, accountId, operationId } = submission;
  const { version, template } = await templateFor(db, caller, request);
  const problems = [
    ...requestProblems(request, template, caller.name).map(({ field, message }) => bodyError(field, message)),
    ...nameProblems(request, template),
    ...(await userProblems(db, '/owners', request.owners)),
    ...(await groupProblems(db, '/ownerGroups', request.ownerGroups)),
  ];
  if (problems.length > 0) throw invalid(problems);
  refuseHopelessApproval(caller.name, template);
  const message = { actor: caller.name, operationId, request: { ...request, templateVersion: version } };
  const account = await gateway.submit(template.directory.domain, accountId, message).catch(async (error: unknown) => {
    // In another domain the other request has another workflow, and has taken another name for the same account.
    const isTaken = isRefusal(error) && error.code === 'NameTaken';
    throw isTaken && (await hasTakenName(db, accountId)) ? keyReused() : error;
  });
  // Two requests under one key at the same instant: the second one finds the workflow of the first.
  if (!isAnswerTo(submission, account, template)) throw keyReused();
  return account;
}

/** The first answer to a request whose account is there already. Refused when it came with another request. */
export async function repeat(parts: Parts, submission: Submission, earlier: Account): Promise<Account> {
  if (!isSameRequest(submission, earlier)) throw keyReused();
  const first = await firstAnswer(parts, submission, earlier);
  const made = await findTemplate(parts.db, first.templateId, first.templateVersion);
  // Once the answer is forgotten, the account has changed since, and only what never changes can be compared.
  if (made && first !== earlier && !isAnswerTo(submission, first, made.template)) throw keyReused();
  return first;
}

/**
 * What the operation that made the account was answered; the account as it is, once that is forgotten. The workflow knows
 * the operation by its id, and looks at nothing else of the message.
 */
export async function firstAnswer(
  { gateway }: Pick<Parts, 'gateway'>,
  { operationId }: Pick<Submission, 'operationId'>,
  earlier: Account,
): Promise<Account> {
  const { domain, id, requester: actor, templateVersion } = earlier;
  const message = { actor, operationId, request: { ...requestOf(earlier), templateVersion } };
  try {
    return await gateway.submit(domain, id, message);
  } catch (error) {
    if (isRefusal(error) && FORGOTTEN.includes(error.code)) return earlier;
    throw error;
  }
}

function requestOf(account: Account): AccountRequest {
  const { templateId, samAccountName, justification, owners, ownerGroups, interval, attributes } = account;
  return { templateId, samAccountName, justification, owners, ownerGroups, interval, attributes, acceptTerms: true };
}

/** What a workflow says that does not remember the operation, or has ended; one that is forgotten gave its name up. */
const FORGOTTEN: readonly string[] = ['StateConflict', 'NotFound', 'NameTaken'];

/** By what never changes in an account. */
function isSameRequest({ caller, request }: Submission, account: Account): boolean {
  return (
    account.requester === caller.name &&
    account.samAccountName === request.samAccountName &&
    account.justification === request.justification
  );
}

/** Whether the account, as it was when it was made, is what this request asks for. */
function isAnswerTo(submission: Submission, account: Account, template: Template): boolean {
  const { caller, request } = submission;
  const { interval, organizationalUnit, vaultFolder, attributes, templateId, owners, ownerGroups, description } =
    account;
  const asked = {
    ...chosenBy(request, template),
    templateId: request.templateId,
    owners: [...new Set([caller.name, ...request.owners])],
    ownerGroups: [...new Set(request.ownerGroups)],
    description: request.description ?? null,
  };
  const made = { interval, organizationalUnit, vaultFolder, attributes, templateId, owners, ownerGroups, description };
  return isSameRequest(submission, account) && isDeepStrictEqual(asked, made);
}

/** The published version of the template that the request names. */
async function templateFor(
  db: Dependencies['db'],
  caller: User,
  { templateId }: AccountRequest,
): Promise<Pick<TemplateRow, 'version' | 'template'>> {
  const published = await findPublishedTemplate(db, templateId);
  if (published && isAvailableTo(caller, published.template)) return published;
  // Which templates there are that one may not use is nobody's business.
  if (!published && (await mayKnowTemplate(db, caller, templateId))) {
    throw refusal('NotPublished', 'Nothing can be asked for under this template at present.');
  }
  throw unknownTemplate();
}

/** A draft may name a template that is out of use, and a clone the one of its account; what is not there, neither. */
export async function refuseUnknownTemplate(db: Database, caller: User, templateId: string | undefined): Promise<void> {
  if (templateId === undefined || (await mayKnowTemplate(db, caller, templateId))) return;
  if (!(await hasPartUnder(db, caller, templateId))) throw unknownTemplate();
}

function unknownTemplate() {
  return invalid([bodyError('/templateId', 'is not the id of a template that you may use')]);
}

function bodyError(field: string, message: string): FieldError {
  return { location: 'body', field, message };
}

/** The pattern alone: the other rules for names are those of the request's schema and of its choices. */
function nameProblems({ samAccountName }: AccountRequest, template: Template): FieldError[] {
  const broken = spellingRules(template, samAccountName).filter(({ rule, ok }) => rule === 'pattern' && ok === false);
  return broken.map(({ message }) => bodyError('/samAccountName', message ?? 'is not allowed'));
}

/** Nobody decides on their own request, so a step may be beyond reach for this requester from the start. */
function refuseHopelessApproval(requester: string, { approval }: Template): void {
  const step = approval.steps.find(
    ({ approvers: { users, groups }, quorum }) =>
      groups.length === 0 && users.filter((name) => name !== requester).length < quorum,
  );
  if (!step) return;
  const message = `Step "${step.name}" cannot be approved without you. Ask somebody else to request.`;
  throw refusal('PolicyViolation', message);
}
