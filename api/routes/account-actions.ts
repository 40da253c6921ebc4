/** What people do with an account: checked against who is active now, and passed on to its workflow. */
import type { Account } from '../../contracts/account.ts';
import { askedOn, askerOf, canReachQuorum, withApprovers } from '../../contracts/approval.ts';
import {
  changeOwners,
  decideOnAccount,
  editAccount,
  plainActions,
  replaceApprovers,
} from '../../contracts/http/account-actions.ts';
import type { Route } from '../../contracts/http/route.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import { openSeats, standingOf } from '../../contracts/standing.ts';
import type { Caller, Messages } from '../../contracts/workflows.ts';
import { findActiveUsers } from '../../db/queries/people.ts';
import { isAnswerTo } from '../action-answers.ts';
import { mayAct, viewFor, type AccountResource } from '../account-view.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Call, type HandlerAnswer, type Implementation } from '../http/implementation.ts';
import { keyReused, operationIdFor } from '../http/idempotency.ts';
import { invalid, refusal } from '../http/refusal.ts';
import { groupProblems, userProblems } from '../named-people.ts';
import { refuseOwners } from '../ownership.ts';
import { findVisibleAccount } from '../visible-account.ts';

/** What is asked beside who asks. */
type Asked<A extends AccountAction> = Omit<Messages[A], keyof Caller>;

interface Action<A extends AccountAction> {
  readonly action: A;
  readonly route: Route;
  readonly call: Call<{ readonly id: string }>;
  /** The message's own fields, for the account as the projection has it. */
  readonly asked: (account: Account) => Asked<A>;
  /** Refuses what the workflow cannot know: who is active, which groups there are. */
  readonly check?: (account: Account) => Promise<void>;
}

export function accountActionRoutes(dependencies: Dependencies): Implementation[] {
  const { db } = dependencies;
  const act = createActor(dependencies);
  return [
    implement(decideOnAccount, (call) => {
      const { decision, reason = null, step = null } = call.body;
      const asked = ({ approval }: Account) => ({
        decision,
        reason,
        step,
        standing: standingOf(call.caller, approval),
      });
      return act({ action: 'decide', route: decideOnAccount, call, asked });
    }),
    implement(replaceApprovers, (call) => {
      const check = (account: Account) => refuseApprovers(db, account, call.body);
      return act({ action: 'replace-approvers', route: replaceApprovers, call, asked: () => edited(call), check });
    }),
    implement(changeOwners, (call) => {
      const check = (account: Account) => refuseOwners(db, account, call.body, call.caller);
      return act({ action: 'change-owners', route: changeOwners, call, asked: () => edited(call), check });
    }),
    implement(editAccount, (call) => act({ action: 'edit', route: editAccount, call, asked: () => edited(call) })),
    ...plainActions.map(({ action, route }) =>
      implement(route, (call) => act({ action, route, call, asked: () => ({}) })),
    ),
  ];
}

/** What two people may edit at the same time says which version of the account they saw; its workflow compares. */
function edited<B extends object>({ body, ifMatch }: Call<unknown, unknown, B>): B & { expectedSequence: number } {
  return { ...body, expectedSequence: ifMatch };
}

function createActor({ db, gateway, clock }: Dependencies) {
  return async <A extends AccountAction>(one: Action<A>): Promise<HandlerAnswer<AccountResource>> => {
    const { action, route, call, asked, check } = one;
    const { caller, params, idempotencyKey } = call;
    const known = await findVisibleAccount(db, call, params.id);
    if (!mayAct(caller, action, known)) throw refusal('Forbidden', `You may not ${action} this account.`);
    const { domain, id } = known;
    const operationId = operationIdFor(caller.name, `${route.operationId} ${id}`, idempotencyKey);
    call.isAbout({ accountId: id, operationId });
    const message = { actor: caller.name, operationId, ...asked(known) } as Messages[A];
    const earlier = await checked(
      () => check?.(known),
      () => gateway.earlierAnswer(domain, id, operationId),
    );
    const account = earlier ?? (await gateway.act(domain, id, action, message));
    // A repetition gets the first answer, which must not be taken for an answer to another request.
    if (!isAnswerTo(action, message, account)) throw keyReused();
    return { body: viewFor(caller, account, clock()), version: account.sequence };
  };
}

/** Users and groups come and go: what was fine the first time may be refused now, and has its answer nevertheless. */
async function checked(
  check: () => Promise<void> | undefined,
  earlierAnswer: () => Promise<Account | null>,
): Promise<Account | null> {
  try {
    await check();
    return null;
  } catch (error) {
    const earlier = await earlierAnswer();
    if (earlier) return earlier;
    throw error;
  }
}

/** Refuses approvers who are not there, and those who cannot reach the quorum as things are now. */
async function refuseApprovers(
  db: Dependencies['db'],
  account: Account,
  { step, approvers, quorum }: Asked<'replace-approvers'>,
): Promise<void> {
  const problems = [
    ...(await userProblems(db, '/approvers/users', approvers.users)),
    ...(await groupProblems(db, '/approvers/groups', approvers.groups)),
  ];
  if (problems.length > 0) throw invalid(problems);
  const { approval } = account;
  if (step !== approval.openStep) return;
  const round = withApprovers(approval, { approvers, quorum });
  const active = await findActiveUsers(db, askedOn(round));
  const present = active.map((name) => ({ name, present: true, delegates: [] }));
  const seats = openSeats(round, askerOf(account), present);
  if (!canReachQuorum(round, askerOf(account), seats)) {
    const message = 'cannot be reached by these approvers; whoever asked does not count';
    throw invalid([{ location: 'body', field: '/quorum', message }]);
  }
}
