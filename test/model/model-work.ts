/** What the model's account does with its engine, step by step, and how time passes for it. */
import { midnightOf, moved } from '../support/notice-oracle.ts';
import {
  answer,
  beginPeriod,
  endOfPeriod,
  isEndDue,
  isLiving,
  isRoundOpen,
  recheckPending,
  setPeriod,
  tell,
  tellPeriod,
  termsOf,
  type EngineCall,
  type Part,
  type Model,
  type Pending,
  type Work,
} from './account-model.ts';
import { meetStepDeadline, weighQuorum } from './model-round.ts';

const DAY_MS = 86_400_000;
const directory = (name: string): EngineCall => ({ part: 'directory', name });
const vault = (name: string): EngineCall => ({ part: 'vault', name });
const destructive = (name: string): EngineCall => ({ ...directory(name), isDestructive: true });
const ADMISSION: EngineCall = { part: 'admission', name: 'admitDestructiveStep' };

/** Does all that can be done at this instant. `retry`: what is held up is tried again. */
export function settle(model: Model, retry = false): void {
  let again = retry;
  for (;;) {
    tellPeriod(model);
    meetStepDeadline(model);
    weighQuorum(model);
    if (model.held && givesWay(model, model.held)) model.held = null;
    if (model.held && !again) return;
    const work = model.held ?? nextWork(model);
    if (!work) {
      model.blocked = null;
      return;
    }
    model.held = null;
    again = false;
    if (!go(model, work)) model.held = work;
  }
}

/** Goes on with the work until it is done, or one of its steps cannot be. */
function go(model: Model, work: Work): boolean {
  for (;;) {
    if (work.current === undefined) {
      const call = work.ahead?.shift();
      const step = call === undefined ? work.steps.next() : { value: call, done: false as const };
      if (step.done) return true;
      work.current = step.value;
      model.triedSince = model.now;
    }
    if (!call(model, work, work.current)) return false;
    model.blocked = null;
    delete work.current;
  }
}

/** False when it cannot be done. */
function call(model: Model, work: Work, one: EngineCall): boolean {
  const { part, name, forTheSakeOf } = one;
  if (model.calls.at(-1) !== name) model.calls.push(name);
  const fault = model.faults.get(part);
  // A question that is denied has an answer.
  if (fault === undefined || (fault === 'denied' && forTheSakeOf !== undefined)) return true;
  one.wasHeld = true;
  block(model, part, forTheSakeOf ?? name, fault === 'away');
  if (!one.isDestructive) return false;
  work.ahead = [ADMISSION, destructive(name)];
  delete work.current;
  if (fault === 'denied') return false;
  work.current = { ...directory('captureAccount'), forTheSakeOf: name };
  return call(model, work, work.current);
}

function block(model: Model, part: Part, name: string, retrying: boolean): void {
  const step = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const key = `${step} ${part} ${retrying}`;
  if (model.blocked?.key === key) return;
  model.blocked = { key, step, retrying };
  if (model.state === 'approved' && !retrying) tell(model, 'provisioning-failed', ['requester']);
}

/** Whether held-up work makes room for something else; what was asked is then done afterwards. */
function givesWay(model: Model, { kind, current }: Work): boolean {
  const { pending } = model;
  if (kind === 'retire' || kind === 'deletion') {
    const hasBegun = current !== ADMISSION && (kind === 'deletion' || isCaptured(model));
    return !hasBegun && pending?.action === 'restore';
  }
  if (kind === 'end') return pending !== null && !pending.gaveWay;
  if (kind === 'carry-out') return isEndDue(model);
  if (kind !== 'action' || !isEndDue(model)) return false;
  pending!.gaveWay = true;
  recheckPending(model);
  return true;
}

const isCaptured = ({ retirement }: Model): boolean => retirement?.isCaptured === true;

function nextWork(model: Model): Work | undefined {
  const { state, pending } = model;
  const work = (kind: Work['kind'], steps: Iterator<EngineCall>): Work => ({ kind, steps });
  if (state === 'approved') return work('provision', provision(model));
  if (state === 'withdrawing') return work('undo', undo(model));
  if (state === 'retiring') {
    if (pending?.action !== 'restore') return work('retire', retire(model));
    takeBack(model, pending);
    return nextWork(model);
  }
  if (state === 'quarantined') {
    if (pending?.action === 'restore') return work('restore', restore(model, pending));
    return model.now >= model.retirement!.undoUntil! ? work('deletion', deleteLater(model)) : undefined;
  }
  return isLiving(model) ? nextOfLife(model) : undefined;
}

/** An end that is due comes first, unless it is held up and somebody asks for something new. */
function nextOfLife(model: Model): Work | undefined {
  const { state, pending, blocked } = model;
  const isFirst = blocked !== null && pending !== null && !pending.gaveWay;
  if (isEndDue(model) && !isFirst) return { kind: 'end', steps: end(model) };
  if (state === 'renewing' && !isRoundOpen(model)) return { kind: 'carry-out', steps: carryOut(model) };
  return pending === null ? undefined : { kind: 'action', steps: act(model, pending) };
}

/** The period is counted from the moment at which the account is made; AD is told when that is another one than expected. */
function* provision(model: Model): Generator<EngineCall> {
  yield vault('stageCredential');
  yield directory('establishAccount');
  const made = model.now;
  const isCorrected = endOfPeriod(model, model.triedSince) !== endOfPeriod(model, made);
  if (isCorrected && termsOf(model).endOfLife !== 'review') yield directory('applyExpiry');
  yield vault('promoteCredential');
  beginPeriod(model, made);
  model.state = 'active';
  tell(model, 'provisioned', ['requester']);
}

/** Of a request that was withdrawn while it was being provisioned: what may be there goes, the newest first. */
function* undo(model: Model): Generator<EngineCall> {
  if (model.calls.includes('establishAccount')) yield directory('deleteAccount');
  yield vault('revokeCredential');
  model.state = 'withdrawn';
}

function* end(model: Model): Generator<EngineCall> {
  const { ends } = model.period!;
  const { endOfLife } = termsOf(model);
  if (endOfLife === 'delete') {
    tell(model, 'ended', ['owners'], ends);
    beginRetirement(model, true);
    return;
  }
  if (endOfLife === 'disable' && model.state === 'active') {
    yield ADMISSION;
    yield destructive('disableAccount');
  }
  model.ended = true;
  if (model.renewal) model.renewal.returnTo = 'expired';
  else if (endOfLife !== 'review') model.state = 'expired';
  tell(model, 'ended', ['owners'], ends);
  recheckPending(model);
}

function* act(model: Model, { action, operation, migration }: Pending): Generator<EngineCall> {
  const { now: at, state } = model;
  switch (action) {
    case 'disable':
      yield directory('disableAccount');
      model.state = 'disabled';
      break;
    case 'enable':
      if (state === 'expired') yield directory('applyExpiry');
      yield directory('enableAccount');
      model.state = 'active';
      break;
    case 'renew':
      yield* renew(model, at);
      break;
    case 'migrate':
      yield* migrate(model, migration!);
  }
  answer(model, operation, 'ok');
}

/** After it was enabled by hand: else it would be expired. */
function isDisabledSinceItsEnd(model: Model): boolean {
  return termsOf(model).endOfLife === 'disable' && model.state === 'disabled' && model.ended;
}

/** Early, the new period follows the old one; late, it begins on the day of the renewal. */
function* renew(model: Model, at: number): Generator<EngineCall> {
  const { ends } = model.period!;
  const isDisabledSince = isDisabledSinceItsEnd(model);
  if (termsOf(model).endOfLife !== 'review') {
    yield directory('applyExpiry');
    const hasEnded = model.state === 'expired' || model.renewal?.returnTo === 'expired';
    if (hasEnded || isDisabledSince || (model.state === 'active' && model.now >= ends))
      yield directory('enableAccount');
  }
  beginPeriod(model, at < ends ? ends : at);
  model.toldUntil = -Infinity;
  model.ended = false;
  if (model.state === 'expired' || isDisabledSince) model.state = 'active';
}

function* carryOut(model: Model): Generator<EngineCall> {
  yield* renew(model, model.round!.lastVoteAt);
  const { returnTo } = model.renewal!;
  model.state = returnTo === 'expired' ? 'active' : returnTo;
  model.renewal = null;
}

function* migrate(
  model: Model,
  { template, endsAt, owners }: NonNullable<Pending['migration']>,
): Generator<EngineCall> {
  const { ends } = model.period!;
  const newEnds = endToCome(model, endsAt ?? ends);
  const expiry = (of: number, at: number) => (model.templates[of]!.endOfLife === 'review' ? null : at);
  if (expiry(model.template, ends) !== expiry(template, newEnds)) yield directory('applyExpiry');
  const isMoved = template !== model.template || newEnds !== ends;
  const haveOwnersChanged = owners !== null && owners.join() !== model.owners.join();
  if (haveOwnersChanged) {
    model.owners = owners;
    tell(model, 'owners-changed', ['owners']);
  }
  if (isMoved || haveOwnersChanged) move(model, template, newEnds);
}

/** A date that is past ends the account at the next 00:00 UTC. */
function endToCome({ now }: Model, wanted: number): number {
  return wanted > now ? wanted : midnightOf(now) + DAY_MS;
}

function move(model: Model, template: number, newEnds: number): void {
  const { starts, opens } = model.period!;
  model.template = template;
  // Renewed early, it may be moved to an end before the period that lies ahead.
  setPeriod(model, starts < newEnds ? starts : midnightOf(model.now), newEnds);
  const opensNow = model.now < opens && model.now >= model.period!.opens;
  if (opensNow && termsOf(model).notices.whenRenewalOpens) tell(model, 'renewal-opened', ['owners']);
  model.toldUntil = model.now;
}

/** The account leaves use: what held it up is over, and what waits is refused. */
export function beginRetirement(model: Model, isEnd: boolean): void {
  const returnTo = model.renewal?.returnTo ?? model.state;
  const final = isEnd || termsOf(model).gracePeriod === null;
  model.retirement = { returnTo, since: model.now, final, isCaptured: false, undoUntil: null };
  model.ended ||= isEnd;
  model.state = 'retiring';
  model.renewal = null;
  model.blocked = null;
  model.held = null;
  tell(model, 'retirement-begun', ['owners']);
  if (model.pending) answer(model, model.pending.operation, 'StateConflict');
}

function* retire(model: Model): Generator<EngineCall> {
  const retirement = model.retirement!;
  if (retirement.final) {
    yield ADMISSION;
    return yield* deleteNow(model);
  }
  for (let look: EngineCall | undefined; look === undefined || look.wasHeld;) {
    yield ADMISSION;
    look = directory('captureAccount');
    yield look;
  }
  retirement.isCaptured = true;
  yield destructive('quarantineAccount');
  yield vault('suspendCredential');
  retirement.undoUntil = +moved(new Date(model.now), termsOf(model).gracePeriod!, 1);
  model.state = 'quarantined';
}

/** Nothing was done yet. */
function takeBack(model: Model, { operation }: Pending): void {
  putBack(model);
  model.blocked = null;
  answer(model, operation, 'ok');
}

/** What was missed is not told afterwards, but for a window that opened. */
function putBack(model: Model): void {
  const { returnTo, since } = model.retirement!;
  const { opens } = model.period!;
  model.state = returnTo;
  model.retirement = null;
  const hasOpened = since < opens && opens <= model.now;
  if (hasOpened && termsOf(model).notices.whenRenewalOpens) tell(model, 'renewal-opened', ['owners']);
  model.toldUntil = model.now;
}

function* restore(model: Model, { operation }: Pending): Generator<EngineCall> {
  yield vault('reinstateCredential');
  yield directory('restoreAccount');
  putBack(model);
  answer(model, operation, 'ok');
}

/** The grace period is over. */
function* deleteLater(model: Model): Generator<EngineCall> {
  yield ADMISSION;
  model.retirement!.final = true;
  yield* deleteNow(model);
}

function* deleteNow(model: Model): Generator<EngineCall> {
  yield destructive('deleteAccount');
  yield vault('revokeCredential');
  model.state = 'retired';
}
