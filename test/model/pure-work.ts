/** What an account of the pure rules asks of an engine that works, or does not. */
import type { Account, Retirement } from '../../contracts/account.ts';
import {
  mustParse,
  periodFrom,
  renewedPeriod,
  shift,
  type Period,
  type PeriodTerms,
} from '../../contracts/deadlines.ts';
import { isRenewalOpen, isRoundOpen, LIVING_STATES, type EventType } from '../../contracts/lifecycle.ts';
import { migrationOutcome } from '../../contracts/migration.ts';
import { noticeOf } from '../../workflows/account-lifecycle/notices.ts';
import {
  at,
  attend,
  happen,
  hasMet,
  instants,
  put,
  recheck,
  reply,
  type Call,
  type PureAccount,
  type PureWork,
  type Waiting,
} from './pure-account.ts';
import type { Fault, Part } from './account-model.ts';
import { STEP_NAMES, type StepName } from '../../contracts/account.ts';

const CAPTURED: Retirement['captured'] = { enabled: true, organizationalUnit: '', groups: [], accountExpires: null };
const ADMIT: Call = ['admission', 'admitDestructiveStep'];
const directory = (name: string): Call => ['directory', name];
const fresh = (name: string): Call => ['directory', name, 'fresh'];
const vault = (name: string): Call => ['vault', name];

/** Does whatever can be done now. */
export function goOn(pure: PureAccount, isTriedAgain = false): void {
  for (let tries = isTriedAgain; ; tries = false) {
    attend(pure);
    if (pure.held && makesRoom(pure, pure.held)) pure.held = null;
    if (pure.held && !tries) return;
    const work = pure.held ?? nextWork(pure);
    if (!work) {
      pure.account = { ...pure.account, blocked: null };
      return;
    }
    pure.held = doWork(pure, work) ? null : work;
  }
}

function doWork(pure: PureAccount, work: PureWork): boolean {
  for (;;) {
    if (!work.current) {
      const next = work.steps.next(work.hasWaited ?? false);
      work.hasWaited = false;
      if (next.done) return true;
      work.current = next.value;
      pure.triedSince = pure.now;
    }
    const fault = failure(pure, work.current);
    if (fault) {
      hold(pure, work, fault);
      return false;
    }
    pure.account = { ...pure.account, blocked: null };
    // What was missed is called right after its admission.
    if (work.missed && work.current === ADMIT) {
      work.current = work.missed;
      delete work.missed;
    } else if (work.missed) work.current = ADMIT;
    else delete work.current;
  }
}

function failure(pure: PureAccount, [part, activity]: Call): Fault | undefined {
  pure.calls.push(activity);
  return pure.faults.get(part);
}

/** A fresh call gives way to a question while its part is away, and to its admission. */
function hold(pure: PureAccount, work: PureWork, fault: Fault): void {
  const [part, activity, freshness] = work.current!;
  work.hasWaited = true;
  const isQuestion = work.missed !== undefined && work.current !== ADMIT;
  block(pure, part, isQuestion ? work.missed![1] : activity, fault === 'away');
  if (freshness !== 'fresh') return;
  work.missed = work.current!;
  work.current = fault === 'away' ? directory('captureAccount') : ADMIT;
  if (fault === 'away') failure(pure, work.current);
}

function block(pure: PureAccount, part: Part, activity: string, retrying: boolean): void {
  const kebab = activity.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const step: StepName = STEP_NAMES.find((name) => name === kebab)!;
  const code = part === 'admission' ? 'Frozen' : retrying ? 'DirectoryUnavailable' : 'DirectoryAccessDenied';
  const { blocked, state } = pure.account;
  if (blocked?.step === step && blocked.retrying === retrying) return;
  pure.account = { ...pure.account, blocked: { code, since: at(pure), step, message: 'told to', retrying } };
  if (state === 'approved' && !retrying) put(pure, [noticeOf('provisioning-failed', at(pure))]);
}

/** Nothing has been done yet that would have to be undone. */
function isHarmless({ account }: PureAccount, name: string, current?: Call): boolean {
  return current === ADMIT || (name === 'retire' && account.retirement?.captured === null);
}

function makesRoom(pure: PureAccount, { name, current }: PureWork): boolean {
  const { waiting } = pure;
  if (name === 'end') return waiting !== null && !waiting.gaveWay;
  if (name === 'delete' || name === 'retire')
    return waiting?.asked.action === 'restore' && isHarmless(pure, name, current);
  if ((name !== 'agreed' && name !== 'wish') || !hasMet(pure, 'end')) return false;
  if (name === 'wish') waiting!.gaveWay = true;
  recheck(pure);
  return true;
}

function nextWork(pure: PureAccount): PureWork | undefined {
  const { account, waiting } = pure;
  if (account.state === 'approved') return { name: 'provision', steps: provision(pure) };
  if (account.state === 'withdrawing') return { name: 'undo', steps: undo(pure) };
  if (account.state === 'retiring') {
    if (waiting?.asked.action !== 'restore') return { name: 'retire', steps: retire(pure) };
    putBack(pure);
    reply(pure, waiting.operation, 'ok');
    return nextWork(pure);
  }
  if (account.state === 'quarantined') {
    if (waiting?.asked.action === 'restore') return { name: 'restore', steps: restore(pure, waiting) };
    return hasMet(pure, 'deletion') ? { name: 'delete', steps: deleteLater(pure) } : undefined;
  }
  return LIVING_STATES.includes(account.state) ? nextOfLife(pure) : undefined;
}

function nextOfLife(pure: PureAccount): PureWork | undefined {
  const { account, waiting } = pure;
  const comesFirst = account.blocked !== null && waiting !== null && !waiting.gaveWay;
  if (hasMet(pure, 'end') && !comesFirst) return { name: 'end', steps: meetEnd(pure) };
  if (account.state === 'renewing' && !isRoundOpen(account)) return { name: 'agreed', steps: agreed(pure) };
  return waiting ? { name: 'wish', steps: grant(pure, waiting) } : undefined;
}

const termsOf = ({ account, snapshot }: PureAccount): PeriodTerms => ({
  interval: account.interval,
  renewalWindow: snapshot.template.lifecycle.renewalWindow,
});

const expiryOf = ({ endOfLife }: Pick<Account, 'endOfLife'>, endsAt: string): string | null =>
  endOfLife === 'review' ? null : endsAt;

function* provision(pure: PureAccount): Generator<Call> {
  pure.isEstablishing = false;
  yield vault('stageCredential');
  pure.isEstablishing = true;
  yield directory('establishAccount');
  const period = periodFrom(termsOf(pure), new Date(pure.now));
  const expected = periodFrom(termsOf(pure), new Date(pure.triedSince));
  const isMoved = expected.endsAt.getTime() !== period.endsAt.getTime();
  if (isMoved && pure.account.endOfLife !== 'review') yield directory('applyExpiry');
  yield vault('promoteCredential');
  happen(pure, 'provisioned', instants(period), [noticeOf('provisioned', at(pure))]);
}

function* undo(pure: PureAccount): Generator<Call> {
  if (pure.isEstablishing) yield directory('deleteAccount');
  yield vault('revokeCredential');
  happen(pure, 'withdrawn');
}

function* meetEnd(pure: PureAccount): Generator<Call> {
  const { endOfLife, renewal, endsAt, state } = pure.account;
  const ended = noticeOf('ended', endsAt!);
  switch (endOfLife) {
    case 'review':
      return happen(pure, 'review-due', { ended: true }, [ended]);
    case 'expire':
      return happen(pure, 'expired', { ended: true, renewal: renewal && { ...renewal, returnTo: 'expired' } }, [ended]);
    case 'delete':
      put(pure, [ended]);
      return beginRetirement(pure, true);
    case 'disable':
      if (state === 'active') {
        yield ADMIT;
        yield fresh('disableAccount');
      }
      happen(pure, 'expired', { ended: true }, [ended]);
  }
}

function* grant(pure: PureAccount, waiting: Waiting): Generator<Call> {
  const { asked, operation } = waiting;
  switch (asked.action) {
    case 'disable':
      yield directory('disableAccount');
      happen(pure, 'disabled');
      break;
    case 'enable':
      if (pure.account.state === 'expired') yield directory('applyExpiry');
      yield directory('enableAccount');
      happen(pure, 'enabled');
      break;
    case 'renew':
      yield* renew(pure, new Date(pure.now));
      break;
    case 'migrate': {
      yield* migrate(pure, asked.message.changes);
      break;
    }
    default:
      throw new Error(`${asked.action} needs no engine`);
  }
  reply(pure, operation, 'ok');
}

const agreed = (pure: PureAccount) => renew(pure, new Date(pure.account.approval.votes.at(-1)!.at));

function* renew(pure: PureAccount, from: Date): Generator<Call> {
  const period: Period = renewedPeriod(termsOf(pure), new Date(pure.account.endsAt!), from);
  const { endOfLife, ended } = pure.account;
  const isDisabledSince = endOfLife === 'disable' && ended && pure.account.state === 'disabled';
  if (expiryOf(pure.account, '') !== null) {
    yield directory('applyExpiry');
    const { state, renewal, endsAt } = pure.account;
    const isOver = state === 'active' && Date.parse(endsAt!) <= pure.now;
    const hasEnded = state === 'expired' || renewal?.returnTo === 'expired';
    if (hasEnded || isDisabledSince || isOver) yield directory('enableAccount');
  }
  pure.noticedUntil = null;
  const events: EventType[] = isDisabledSince ? ['renewed', 'enabled'] : ['renewed'];
  happen(pure, events, { ...instants(period), ended: false, renewal: null });
}

function* migrate(pure: PureAccount, changes: Parameters<typeof migrationOutcome>[2]): Generator<Call> {
  const before = pure.account;
  const move = migrationOutcome(before, pure.snapshot, changes, new Date(pure.now));
  if (move.outcome === 'unchanged') return;
  if (move.outcome === 'refused') throw new Error('a migration that was refused is carried out');
  const { snapshot, outcome: _moves, ...moved } = move;
  const { endOfLife, notices: terms } = snapshot.template.lifecycle;
  if (expiryOf({ endOfLife }, move.endsAt) !== expiryOf(before, before.endsAt!)) yield directory('applyExpiry');
  const instant = new Date(pure.now);
  const owners = changes.owners ? move.owners : pure.account.owners;
  const opens = isRenewalOpen(moved, instant) && !isRenewalOpen(before, instant) && terms.whenRenewalOpens;
  const notices = [
    ...(owners.join() === pure.account.owners.join() ? [] : [noticeOf('owners-changed', at(pure))]),
    ...(opens ? [noticeOf('renewal-opened', at(pure))] : []),
  ];
  const { templateId, version: templateVersion } = snapshot;
  pure.snapshot = snapshot;
  pure.noticedUntil = at(pure);
  happen(pure, 'migrated', { ...moved, owners, templateId, templateVersion, endOfLife }, notices);
}

export function beginRetirement(pure: PureAccount, isEnd: boolean): void {
  const { state, renewal, ended } = pure.account;
  const returnTo = (renewal?.returnTo ?? state) as Retirement['returnTo'];
  const final = isEnd || pure.snapshot.template.lifecycle.gracePeriod === null;
  const retirement = {
    requestedBy: 'somebody',
    requestedAt: at(pure),
    returnTo,
    final,
    undoUntil: null,
    captured: null,
  };
  pure.held = null;
  if (pure.waiting) reply(pure, pure.waiting.operation, 'StateConflict');
  const changes = { retirement, renewal: null, ended: ended || isEnd };
  happen(pure, 'retirement-requested', changes, [noticeOf('retirement-begun', at(pure))]);
}

function* retire(pure: PureAccount): Generator<Call, void, boolean> {
  if (pure.account.retirement!.final) {
    yield ADMIT;
    return yield* deleteNow(pure);
  }
  // What is read after a wait is read again, right after another admission.
  for (let waited = true; waited;) {
    yield ADMIT;
    waited = yield directory('captureAccount');
  }
  pure.account = { ...pure.account, retirement: { ...pure.account.retirement!, captured: CAPTURED } };
  yield fresh('quarantineAccount');
  yield vault('suspendCredential');
  const undoUntil = shift(new Date(pure.now), mustParse(pure.snapshot.template.lifecycle.gracePeriod!)).toISOString();
  happen(pure, 'quarantined', { retirement: { ...pure.account.retirement!, undoUntil } });
}

function* restore(pure: PureAccount, { operation }: Waiting): Generator<Call> {
  yield vault('reinstateCredential');
  yield directory('restoreAccount');
  putBack(pure);
  reply(pure, operation, 'ok');
}

function putBack(pure: PureAccount): void {
  const { renewalOpensAt, retirement } = pure.account;
  const hasOpened = renewalOpensAt! > retirement!.requestedAt && renewalOpensAt! <= at(pure);
  const isTold = hasOpened && pure.snapshot.template.lifecycle.notices.whenRenewalOpens;
  pure.noticedUntil = at(pure);
  happen(pure, 'restored', { retirement: null }, isTold ? [noticeOf('renewal-opened', at(pure))] : []);
}

function* deleteLater(pure: PureAccount): Generator<Call> {
  yield ADMIT;
  pure.account = { ...pure.account, retirement: { ...pure.account.retirement!, final: true } };
  yield* deleteNow(pure);
}

function* deleteNow(pure: PureAccount): Generator<Call> {
  yield fresh('deleteAccount');
  yield vault('revokeCredential');
  happen(pure, 'retired');
}
