/** How time passes for the model. */
import { foretoldOf, isLiving, type Model } from './account-model.ts';
import { stepDeadline } from './model-round.ts';
import { settle } from './model-work.ts';

/** Lets time pass, every deadline being met at its instant. Answers how far it went. */
export function advance(model: Model, until: number): number {
  let to = until;
  for (;;) {
    if (model.blocked?.retrying) to = Math.min(to, model.now + model.longestRetryMs);
    const next = deadlines(model).find((at) => at > model.now);
    if (next === undefined || next > to) break;
    model.now = next;
    settle(model);
  }
  model.now = Math.max(to, model.now);
  settle(model);
  return model.now;
}

/** All instants at which something happens by itself, in order. */
export function deadlines(model: Model): number[] {
  const { period, retirement } = model;
  const mine = [
    ...foretoldOf(model).map(({ at }) => at),
    stepDeadline(model),
    isLiving(model) ? (period?.ends ?? null) : null,
    model.state === 'quarantined' ? retirement!.undoUntil : null,
  ];
  return mine.filter((at) => at !== null).sort((a, b) => a - b);
}
