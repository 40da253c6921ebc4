/** Who answers for an account after an owner left: rung by rung, and never nobody without saying so. */
import type { FindSuccessorsResult } from '../../contracts/activities.ts';
import type { Notice } from '../../contracts/notices.ts';
import { ownershipProblem } from '../../contracts/ownership.ts';
import { ownersInWords } from '../account-lifecycle/desk.ts';
import { isWaiting } from '../account-lifecycle/intents.ts';
import { noticeOf } from '../account-lifecycle/notices.ts';
import { record } from '../account-lifecycle/record.ts';
import { accountOf, now, refOf, snapshotOf, SYSTEM, type AccountRun } from '../account-lifecycle/run.ts';
import { platform, untilDone } from '../support/activities.ts';
import { patientStep } from '../support/patient-step.ts';
import { isEndDue, LIFE_ACTIONS } from './life-step.ts';

/** Decides the succession of the owner who left first. Something that people ask comes first while the directory is away. */
export async function succeed(run: AccountRun): Promise<void> {
  const left = run.left[0]!;
  const found = await climb(run, left);
  if (found === undefined) return;
  run.left = run.left.filter((user) => user !== left);
  const { owners, ownerGroups } = accountOf(run);
  const others = owners.filter((owner) => owner !== left);
  switch (found.outcome) {
    case 'owners-left':
      return change(run, left, 'next-owner', { owners: found.owners, ownerGroups });
    case 'manager':
      return change(run, left, 'manager', { owners: [...new Set([...others, found.owner])], ownerGroups });
    case 'fallback-group':
      return change(run, left, 'fallback-group', {
        owners: others,
        ownerGroups: [...new Set([...ownerGroups, found.group])],
      });
    case 'nobody': {
      const detail = { user: left, rung: 'nobody' };
      const since = { ownerMissingSince: accountOf(run).ownerMissingSince ?? now() };
      await record(run, { type: 'owner-left', actor: SYSTEM, detail }, since, [ownerMissing(left)]);
      return;
    }
    case 'still-there':
      return stay(run, left);
  }
}

/** Somebody who owns it is active: it may have been said that nobody is. */
async function stay(run: AccountRun, user: string): Promise<void> {
  if (accountOf(run).ownerMissingSince === null) return;
  const returned = { type: 'owner-returned', actor: SYSTEM, detail: { user } } as const;
  await record(run, returned, { ownerMissingSince: null });
}

function ownerMissing(user: string): Notice {
  return noticeOf('owner-missing', now(), { user });
}

/** Asks who is next; the directory is asked when the platform wants to know the leaver's manager. */
async function climb(
  run: AccountRun,
  left: string,
): Promise<Exclude<FindSuccessorsResult, { outcome: 'asks-directory' }> | undefined> {
  const ask = (manager: { managerSamAccountName?: string | null }) => {
    const { owners, ownerGroups } = accountOf(run);
    const { fallbackGroup } = snapshotOf(run).template.ownership;
    return untilDone(() =>
      platform.findSuccessors({ ...refOf(run), owners, ownerGroups, left, fallbackGroup, ...manager }),
    );
  };
  const first = await ask({});
  if (first.outcome !== 'asks-directory') return first;
  const manager = await patientStep(run, {
    name: 'find-manager',
    run: (engine) => engine.findManager({ domain: run.domain, samAccountName: first.samAccountName }),
    interruptedBy: ['retire'],
    yieldsTo: () => isWaiting(run, LIFE_ACTIONS) || isEndDue(run),
  });
  if (manager.outcome !== 'done') return undefined;
  const second = await ask({ managerSamAccountName: manager.value.manager });
  if (second.outcome === 'asks-directory') throw new Error('the directory was asked, and is to be asked again');
  return second;
}

async function change(
  run: AccountRun,
  left: string,
  rung: string,
  after: { readonly owners: string[]; readonly ownerGroups: string[] },
): Promise<void> {
  const before = accountOf(run);
  const detail = { rung, before: ownersInWords(before), after: ownersInWords(after) };
  // Somebody else has named others meanwhile.
  if (detail.before === detail.after) return;
  const events = [
    { type: 'owner-left', actor: SYSTEM, detail: { user: left, rung } },
    { type: 'owners-changed', actor: SYSTEM, detail },
  ] as const;
  const { ownership } = snapshotOf(run).template;
  const notices = [
    noticeOf('owners-changed', now(), detail),
    ...(ownershipProblem(ownership, after) === undefined ? [] : [ownerMissing(left)]),
  ];
  await record(run, events, { ...after, ownerMissingSince: null }, notices);
}
