/** The part of a template that the model knows, and the whole of it as the product takes it. */
import fc from 'fast-check';
import { END_OF_LIFE_ACTIONS, type EndOfLifeAction } from '../../contracts/lifecycle.ts';
import type { NoticeTerms } from '../../contracts/notices.ts';
import type { TemplateParts } from '../support/fake-activities.ts';

export interface ModelStep {
  readonly users: readonly string[];
  readonly quorum: number;
  readonly deadline: string | null;
  readonly escalation: readonly string[] | null;
}

export interface ModelTerms {
  readonly endOfLife: EndOfLifeAction;
  readonly interval: string;
  readonly renewalWindow: string;
  readonly gracePeriod: string | null;
  readonly notices: NoticeTerms;
  readonly steps: readonly ModelStep[];
}

/** `rita` asks for the account and may be named as an approver all the same. */
export const PEOPLE = ['anna', 'bert', 'cleo', 'dora', 'rita', 'olga'] as const;

export function templateOf({ steps, interval, ...terms }: ModelTerms): TemplateParts {
  const { endOfLife, renewalWindow, gracePeriod, notices } = terms;
  return {
    lifecycle: { intervals: [interval], endOfLife, renewalWindow, gracePeriod, notices },
    approval: {
      steps: steps.map(({ users, quorum, deadline, escalation }, index) => ({
        name: `Step ${index}`,
        approvers: { users: [...users], groups: [] },
        quorum,
        deadline,
        escalation: escalation && { users: [...escalation], groups: [] },
      })),
    },
  };
}

const pairs = fc.constantFrom<[string | null, string | null][]>([null, null], ['PT12H', 'P2D'], ['PT6H', 'P20D']);

const notices = fc
  .record({
    whenRenewalOpens: fc.boolean(),
    remindEvery: fc.constantFrom(null, 'P3D', 'P1M'),
    urgent: pairs,
    tellAdministrators: fc.boolean(),
    stopAfter: fc.constantFrom(null, 'P5D', 'P3M'),
  })
  .map(({ urgent: [urgentEvery, urgentWithin], ...terms }) => ({ ...terms, urgentEvery, urgentWithin }));

/** Most steps can be decided; some cannot, since the requester is one of those who would be needed. */
const step = fc
  .record({
    users: fc.uniqueArray(fc.constantFrom(...PEOPLE), { minLength: 1, maxLength: 3 }),
    quorum: fc.nat({ max: 2 }),
    deadline: fc.constantFrom(null, null, 'P2D', 'P1M'),
    escalates: fc.boolean(),
  })
  .map(({ users, quorum, deadline, escalates }): ModelStep => {
    const escalation = deadline !== null && escalates ? ['dora', 'emil'] : null;
    return {
      users: ['anna', ...users.filter((user) => user !== 'anna')],
      quorum: 1 + (quorum % users.length),
      deadline,
      escalation,
    };
  });

const interval = fc.constantFrom('P30D', 'P1M', 'P90D');

const termsWith = (length: string): fc.Arbitrary<ModelTerms> =>
  fc.record({
    endOfLife: fc.constantFrom(...END_OF_LIFE_ACTIONS),
    interval: fc.constant(length),
    renewalWindow: fc.constantFrom('P7D', 'P10D', 'P28D'),
    gracePeriod: fc.constantFrom(null, 'P5D', 'P20D'),
    notices,
    steps: fc.array(step, { minLength: 1, maxLength: 2 }),
  });

/** Two templates that an account can move between. */
export const someTerms: fc.Arbitrary<ModelTerms[]> = interval.chain((length) =>
  fc.array(termsWith(length), { minLength: 2, maxLength: 2 }),
);
