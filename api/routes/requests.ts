/** Asking for an account. What can be said at once is said here, field by field; the workflow has the last word. */
import type { Account } from '../../contracts/account.ts';
import { submitRequest } from '../../contracts/http/accounts.ts';
import type { FieldError } from '../../contracts/http/problem.ts';
import { API_PREFIX } from '../../contracts/http/route.ts';
import type { AccountRequest } from '../../contracts/request.ts';
import { findAccount } from '../../db/queries/accounts.ts';
import { findTemplate, type TemplateVersionRow } from '../../db/queries/templates.ts';
import { findUsersByNames } from '../../db/queries/users.ts';
import { compileNamingPattern } from '../../infra/runtime/naming-pattern.ts';
import { viewFor } from '../account-view.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Call, type Implementation } from '../http/implementation.ts';
import { accountIdFor, keyReused, operationIdFor } from '../http/idempotency.ts';
import { invalid, isRefusal, refusal } from '../http/refusal.ts';

type SubmitCall = Call<unknown, unknown, AccountRequest>;

export function requestRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  return [
    implement(submitRequest, async (call) => {
      const accountId = accountIdFor(call.caller.name, call.idempotencyKey);
      const earlier = await findAccount(db, accountId);
      const account = earlier ? await repeat(dependencies, call, earlier) : await submit(dependencies, call, accountId);
      return {
        body: viewFor(call.caller, account, clock()),
        version: account.sequence,
        location: `${API_PREFIX}/accounts/${account.id}`,
      };
    }),
  ];
}

async function submit({ db, gateway }: Dependencies, call: SubmitCall, accountId: string): Promise<Account> {
  const { body: request } = call;
  const found = await findTemplate(db, request.templateId);
  if (!found) throw invalid([bodyError('/templateId', 'is not the id of a template')]);
  const problems = [...nameProblems(request, found), ...(await ownerProblems(db, request))];
  if (problems.length > 0) throw invalid(problems);
  refuseHopelessApproval(call.caller.name, found);
  const message = messageOf(call, found.version);
  const account = await gateway.submit(found.template.directory.domain, accountId, message);
  // Two requests under one key at the same instant: the second one finds the workflow of the first.
  if (!isAnswerTo(call, account)) throw keyReused();
  return account;
}

/** The key is known: the same request gets its first answer, as long as the workflow remembers it. */
async function repeat({ gateway }: Dependencies, call: SubmitCall, earlier: Account): Promise<Account> {
  if (!isAnswerTo(call, earlier)) throw keyReused();
  try {
    return await gateway.submit(earlier.domain, earlier.id, messageOf(call, earlier.templateVersion));
  } catch (error) {
    if (isRefusal(error) && (error.code === 'StateConflict' || error.code === 'NotFound')) return earlier;
    throw error;
  }
}

function messageOf({ caller, body, idempotencyKey }: SubmitCall, templateVersion: number) {
  return {
    actor: caller.name,
    operationId: operationIdFor(caller.name, submitRequest.operationId, idempotencyKey),
    request: { ...body, templateVersion },
  };
}

/** Whether the account is what this request asks for. */
function isAnswerTo({ caller, body }: SubmitCall, account: Account): boolean {
  const owners = [...new Set([caller.name, ...body.owners])];
  return (
    account.requester === caller.name &&
    account.templateId === body.templateId &&
    account.samAccountName === body.samAccountName &&
    account.justification === body.justification &&
    account.description === (body.description ?? null) &&
    owners.length === account.owners.length &&
    owners.every((owner, index) => account.owners[index] === owner)
  );
}

function bodyError(field: string, message: string): FieldError {
  return { location: 'body', field, message };
}

function nameProblems({ samAccountName }: AccountRequest, { template }: TemplateVersionRow): FieldError[] {
  const { pattern } = template.naming;
  const compiled = compileNamingPattern(pattern);
  if (compiled.outcome === 'compiled' && compiled.pattern.matches(samAccountName)) return [];
  return [bodyError('/samAccountName', `must match the template's pattern ${pattern}`)];
}

async function ownerProblems(db: Dependencies['db'], { owners }: AccountRequest): Promise<FieldError[]> {
  const known = new Set((await findUsersByNames(db, owners)).filter((user) => !user.disabled).map((user) => user.name));
  return owners.flatMap((owner, index) =>
    known.has(owner) ? [] : [bodyError(`/owners/${index}`, 'is not the name of a user')],
  );
}

/** Nobody decides on their own request, so a step may be beyond reach for this requester from the start. */
function refuseHopelessApproval(requester: string, { template }: TemplateVersionRow): void {
  const step = template.approval.steps.find(
    ({ approvers, quorum }) => approvers.filter((name) => name !== requester).length < quorum,
  );
  if (step)
    throw refusal(
      'PolicyViolation',
      `Step "${step.name}" cannot be approved without you. Ask somebody else to request.`,
    );
}
