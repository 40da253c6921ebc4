/** How a command asks the model and the subject for something, and lets time pass for both. */
import { answer, refusal, tell, type Model } from './account-model.ts';
import { openRound, replaceApprovers, returnFromRenewal, vote } from './model-round.ts';
import { advance } from './model-time.ts';
import { beginRetirement, settle } from './model-work.ts';
import { viewOfModel, type Subject, type Wish } from './subject.ts';

/** No two things happen at the same instant: a notice is known by it. */
export async function tick(model: Model, subject: Subject): Promise<void> {
  if (subject.tickMs > 0) await pass(model, subject, model.now + subject.tickMs);
}

/** Asks both; the model says what the answer will be. */
export async function ask(model: Model, subject: Subject, wish: Wish): Promise<void> {
  await tick(model, subject);
  model.operations += 1;
  const operation = model.operations;
  const isRetried = take(model, operation, wish);
  settle(model, isRetried);
  await subject.ask(operation, wish);
  await subject.agrees(viewOfModel(model));
}

/** Answers at once, or leaves it pending for the engine. True when held-up work is to be tried again. */
function take(model: Model, operation: number, wish: Wish): boolean {
  const { action } = wish;
  const code = refusal(model, action);
  if (code !== undefined) {
    answer(model, operation, code);
    return false;
  }
  switch (action) {
    case 'decide':
      vote(model, { operation, who: wish.actor, standsFor: wish.standsFor, denies: wish.denies });
      return false;
    case 'replace-approvers':
      replaceApprovers(model, operation, wish);
      return false;
    case 'change-owners':
      model.owners = wish.owners;
      tell(model, 'owners-changed', ['owners']);
      break;
    case 'withdraw':
      withdraw(model);
      break;
    case 'request-renewal':
      model.renewal = { returnTo: model.state };
      model.state = 'renewing';
      openRound(model, wish.actor, true);
      break;
    case 'retire':
      beginRetirement(model, false);
      break;
    case 'resume':
      model.triedSince = model.now;
      answer(model, operation, 'ok');
      return true;
    case 'migrate': {
      const { template, endsAt, owners } = wish;
      model.pending = { operation, action, migration: { template, endsAt, owners }, gaveWay: false };
      return false;
    }
    default:
      model.pending = { operation, action, gaveWay: false };
      return false;
  }
  answer(model, operation, 'ok');
  return false;
}

function withdraw(model: Model): void {
  if (model.state === 'renewing') returnFromRenewal(model);
  else if (model.state === 'submitted') model.state = 'withdrawn';
  else {
    model.state = 'withdrawing';
    model.held = null;
    model.blocked = null;
  }
}

export async function pass(model: Model, subject: Subject, to: number): Promise<void> {
  await subject.advance(advance(model, to));
}
