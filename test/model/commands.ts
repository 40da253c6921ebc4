/** What people, time and failures do to an account: commands of fast-check that run on the model and on a subject. */
import fc from 'fast-check';
import { isLiving, isOver, isRoundOpen, type Fault, type Model, type Part } from './account-model.ts';
import { ask, pass, tick } from './asking.ts';
import { asked, openRound, stepDeadline } from './model-round.ts';
import { advance, deadlines } from './model-time.ts';
import { settle } from './model-work.ts';
import { viewOfModel, type PlainWish, type Subject, type Wish } from './subject.ts';
import { PEOPLE, someTerms, type ModelTerms } from './terms.ts';

export type AccountCommand = fc.AsyncCommand<Model, Subject>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function command(
  text: string,
  run: (model: Model, subject: Subject) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): AccountCommand {
  return {
    check: (model) => !isOver(model) && check(model),
    async run(model, subject) {
      await tick(model, subject);
      await run(model, subject);
      await subject.agrees(viewOfModel(model));
    },
    toString: () => text,
  };
}

/** The request, before any command. */
async function submit(model: Model, subject: Subject): Promise<void> {
  await subject.submit();
  model.state = 'submitted';
  openRound(model, 'rita', false);
  settle(model);
  await subject.agrees(viewOfModel(model));
}

/** Everybody who can votes until the round is decided or nobody is left. */
async function agree(model: Model, subject: Subject): Promise<void> {
  const present = [...PEOPLE, 'emil'].filter((name) => !model.gone.has(name));
  for (const actor of [...present, ...present]) {
    if (!isRoundOpen(model)) return;
    if (!asked(model.round!).includes(actor) || actor === model.round!.asker) continue;
    await ask(model, subject, { action: 'decide', actor, standsFor: [], denies: false });
  }
}

/** One operation waits for the engine at a time: more of them are the business of test/workflows/operations.test.ts. */
const isFree = ({ pending }: Readonly<Model>): boolean => pending === null;

const wishing = (wish: Wish, check: (model: Readonly<Model>) => boolean = isFree): AccountCommand =>
  command(`ask ${JSON.stringify(wish)}`, (model, subject) => ask(model, subject, wish), check);

const plain = (action: PlainWish, actor = 'olga'): AccountCommand =>
  wishing({ action, actor }, (model) => isFree(model) || ['retire', 'resume', 'withdraw'].includes(action));

const passing = (amount: number, unitMs: number): AccountCommand =>
  command(`${(amount * unitMs) / HOUR_MS} hours pass`, (model, subject) =>
    pass(model, subject, model.now + amount * unitMs),
  );

type Which = 'next' | 'end' | 'window' | 'step' | 'deletion';

function instantOf(model: Readonly<Model>, which: Which): number | null {
  const { period, state, retirement, now } = model;
  switch (which) {
    case 'next':
      return deadlines(model).find((at) => at > now) ?? null;
    case 'end':
      return isLiving(model) ? period!.ends : null;
    case 'window':
      return isLiving(model) ? period!.opens : null;
    case 'step':
      return stepDeadline(model);
    case 'deletion':
      return state === 'quarantined' ? retirement!.undoUntil : null;
  }
}

/** Just before, at, or just after a deadline that lies ahead. */
const approaching = (which: Which, side: -1 | 0 | 1): AccountCommand =>
  command(
    `until ${['just before', 'at', 'just after'][side + 1]} ${which}`,
    async (model, subject) => {
      const to = instantOf(model, which)! + side * subject.nearMs + (side >= 0 ? subject.lagMs : 0);
      if (to > model.now) await pass(model, subject, to);
    },
    (model) => (instantOf(model, which) ?? 0) > model.now,
  );

const failing = (part: Part, fault: Fault): AccountCommand =>
  command(
    `${part} ${fault}`,
    async (model, subject) => {
      model.faults.set(part, fault);
      await subject.setFaults(model.faults);
    },
    ({ faults }) => !faults.has(part),
  );

/** All parts work again; what tries by itself is done within two minutes. */
const MENDING_MS = 120_000;
const mending = (): AccountCommand =>
  command(
    'all work again',
    async (model, subject) => {
      model.faults.clear();
      await subject.setFaults(model.faults);
      if (model.blocked?.retrying) {
        const to = model.now + MENDING_MS;
        settle(model, true);
        await subject.advance(advance(model, to));
      }
    },
    ({ faults }) => faults.size > 0,
  );

const leaving = (name: string): AccountCommand =>
  command(`${name} leaves or comes back`, async (model, subject) => {
    if (!model.gone.delete(name)) model.gone.add(name);
    settle(model);
    await subject.setGone(model.gone);
  });

const agreeing = (): AccountCommand => command('all agree', agree, isRoundOpen);

const ballots = fc
  .record({
    actor: fc.constantFrom(...PEOPLE, 'emil', 'zoe'),
    standsFor: fc.uniqueArray(fc.constantFrom('anna', 'bert', 'rita', 'dora'), { maxLength: 2 }),
    denies: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
  })
  .map((ballot) =>
    command(
      `decide ${JSON.stringify(ballot)}`,
      (model, subject) => ask(model, subject, { action: 'decide', ...ballot }),
      ({ gone }) => ![ballot.actor, ...ballot.standsFor].some((name) => gone.has(name)),
    ),
  );

const replacements = fc
  .record({
    step: fc.constantFrom(0, 0, 1),
    users: fc.constantFrom(['anna'], ['dora', 'anna'], ['cleo', 'rita', 'bert']),
    quorum: fc.constantFrom(1, 2),
  })
  .map((one) => wishing({ action: 'replace-approvers', ...one }, () => true));

/** Ends at 00:00 UTC of a day, up to some days ago. */
const migrations = fc
  .record({
    template: fc.constantFrom(0, 1),
    day: fc.option(fc.integer({ min: -5, max: 60 })),
    owners: fc.constantFrom(null, null, ['olga', 'otto']),
  })
  .map(({ template, day, owners }) =>
    command(
      `migrate ${JSON.stringify({ template, day, owners })}`,
      (model, subject) => {
        const endsAt = day === null ? null : (Math.floor(model.now / DAY_MS) + day) * DAY_MS;
        return ask(model, subject, { action: 'migrate', template, endsAt, owners });
      },
      isFree,
    ),
  );

const oneOf = (...all: AccountCommand[]): fc.Arbitrary<AccountCommand> => fc.constantFrom(...all);

/** What may happen; what happens often stands here more than once. */
export const HAPPENINGS: fc.Arbitrary<AccountCommand>[] = [
  ballots,
  replacements,
  migrations,
  migrations,
  oneOf(agreeing()),
  oneOf(agreeing()),
  oneOf(plain('renew'), plain('request-renewal'), plain('request-renewal', 'rita')),
  oneOf(plain('renew'), plain('request-renewal')),
  oneOf(plain('disable'), plain('enable')),
  oneOf(plain('retire'), plain('restore')),
  oneOf(plain('restore')),
  oneOf(plain('withdraw', 'rita'), plain('resume', 'ada'), plain('resume', 'ada')),
  oneOf(
    wishing({ action: 'change-owners', owners: ['olga'] }, () => true),
    wishing({ action: 'change-owners', owners: ['otto', 'olga'] }, () => true),
  ),
  oneOf(leaving('anna'), leaving('bert')),
  fc.integer({ min: 1, max: 47 }).map((hours) => passing(hours, HOUR_MS)),
  fc.integer({ min: 1, max: 40 }).map((days) => passing(days, DAY_MS)),
  fc
    .tuple(
      fc.constantFrom<Which[]>('next', 'end', 'window', 'step', 'deletion'),
      fc.constantFrom<(-1 | 0 | 1)[]>(-1, 0, 1),
    )
    .map(([which, side]) => approaching(which, side)),
  fc.constantFrom<Which[]>('end', 'window').map((which) => approaching(which, 1)),
  // Nobody denies an admission for good: it waits for the thaw.
  oneOf(
    failing('directory', 'denied'),
    failing('directory', 'away'),
    failing('vault', 'denied'),
    failing('vault', 'away'),
    failing('admission', 'away'),
  ),
  oneOf(mending()),
];

const [renewing, disabling, retiring] = [plain('request-renewal'), plain('disable'), plain('retire')];
const toEnd = approaching('end', 1);

/** Where a life begins, so that short ones get far: what is not possible under the template is refused, or left out. */
const BEGINNINGS: Readonly<Record<string, readonly AccountCommand[]>> = {
  submitted: [],
  active: [agreeing()],
  'window open': [agreeing(), approaching('window', 1)],
  disabled: [agreeing(), disabling],
  ended: [agreeing(), toEnd],
  'disabled and ended': [agreeing(), disabling, toEnd],
  'held up at its end': [agreeing(), failing('directory', 'denied'), toEnd],
  'frozen at its end': [agreeing(), failing('admission', 'away'), toEnd],
  renewing: [agreeing(), renewing],
  'renewing since before the end': [agreeing(), renewing, toEnd],
  'renewing after the end': [agreeing(), toEnd, renewing],
  'retired while disabled': [agreeing(), disabling, retiring],
  'retired after the end': [agreeing(), toEnd, retiring],
  'retired while renewing': [agreeing(), renewing, toEnd, retiring],
};

/** Where a life begins, and under which templates: under ones that let it get there. */
export const someLife = fc
  .tuple(fc.constantFrom(...Object.keys(BEGINNINGS)), someTerms)
  .map(([beginning, [first, second]]): { beginning: string; templates: ModelTerms[] } => {
    const { endOfLife, gracePeriod } = first!;
    const terms = {
      ...first!,
      endOfLife: beginning.includes('renewing') ? 'expire' : beginning.endsWith('at its end') ? 'disable' : endOfLife,
      gracePeriod: gracePeriod ?? (beginning.startsWith('retired') ? 'P20D' : null),
    };
    return { beginning, templates: [terms, second!] };
  });

/** Brings both to where the life is to begin. */
export async function begin(model: Model, subject: Subject, beginning: string): Promise<void> {
  await submit(model, subject);
  for (const one of BEGINNINGS[beginning]!) {
    if (one.check(model)) await one.run(model, subject);
  }
}
