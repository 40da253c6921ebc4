/** The pure rules as a subject of the model's commands: everything is done before the next command. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { isRoundOpen } from '../../contracts/lifecycle.ts';
import { chosenBy } from '../../contracts/template-choices.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { Asked } from '../../contracts/workflows.ts';
import { withApprovers } from '../../contracts/approval.ts';
import { noticeOf } from '../../workflows/account-lifecycle/notices.ts';
import { DOMAIN, OWNER, REQUESTER, sampleSubmission } from '../support/lifecycle-harness.ts';
import {
  at,
  deadlinesAhead,
  denyRenewal,
  happen,
  refusalCode,
  reply,
  roundOf,
  submitted,
  vote,
  type PureAccount,
} from './pure-account.ts';
import { beginRetirement, goOn } from './pure-work.ts';
import { collapsed, differ, viewOfAccount, type Subject, type View } from './subject.ts';
import type { ModelTerms } from './terms.ts';
import { askedFor, snapshotsOf } from './wishes.ts';

export function createPureSubject(templates: readonly ModelTerms[], startMs: number): Subject {
  const snapshots = snapshotsOf(templates);
  const pure = submitted(newAccount(snapshots[0]!, startMs), snapshots[0]!, startMs);
  const view = (): View =>
    viewOfAccount(pure.account, new Date(pure.now), {
      answers: pure.answers,
      calls: collapsed(pure.calls),
      notices: [...pure.outbox.values()].map(({ kind, dueAt, audiences }) => ({
        kind,
        at: Date.parse(dueAt),
        audiences: [...audiences],
      })),
    });
  return {
    nearMs: 1,
    lagMs: 0,
    tickMs: 1,
    async submit() {
      goOn(pure);
    },
    async ask(operation, wish) {
      goOn(pure, take(pure, operation, askedFor(wish, String(operation), pure.account, snapshots)));
    },
    async advance(to) {
      for (;;) {
        const next = deadlinesAhead(pure).find((instant) => instant > pure.now);
        if (next === undefined || next > to) break;
        pure.now = next;
        goOn(pure);
      }
      pure.now = Math.max(pure.now, to);
      goOn(pure);
    },
    async setFaults(faults) {
      pure.faults = new Map(faults);
      if (pure.account.blocked?.retrying && faults.size === 0) goOn(pure, true);
    },
    async setGone(gone) {
      pure.gone = new Set(gone);
      goOn(pure);
    },
    async agrees(expected) {
      const actual = view();
      if (differ(expected, actual, 0)) expect(actual).toEqual(expected);
    },
  };
}

function newAccount(snapshot: TemplateSnapshot, startMs: number): Account {
  const id = randomUUID();
  const { request } = sampleSubmission(id);
  const submittedAt = new Date(startMs).toISOString();
  return {
    id,
    domain: DOMAIN,
    samAccountName: request.samAccountName,
    state: 'submitted',
    sequence: 1,
    blocked: null,
    requester: REQUESTER,
    owners: [REQUESTER, OWNER],
    ownerGroups: [],
    ownerMissingSince: null,
    justification: request.justification,
    description: null,
    ...chosenBy(request, snapshot.template),
    templateId: snapshot.templateId,
    templateVersion: snapshot.version,
    approval: roundOf(snapshot, 'request', submittedAt),
    endOfLife: snapshot.template.lifecycle.endOfLife,
    submittedAt,
    startsAt: null,
    renewalOpensAt: null,
    endsAt: null,
    ended: false,
    renewal: null,
    retirement: null,
    objectGuid: null,
    objectSid: null,
    distinguishedName: null,
    secret: null,
  };
}

/** What needs no engine is done at once. True when held-up work is to be tried again. */
function take(pure: PureAccount, operation: number, asked: Asked): boolean {
  const code = refusalCode(pure, asked);
  if (code !== undefined) {
    reply(pure, operation, code);
    return false;
  }
  const { approval, state } = pure.account;
  switch (asked.action) {
    case 'decide':
      vote(pure, asked.message);
      break;
    case 'replace-approvers': {
      const changes = { approval: withApprovers(approval, asked.message) };
      happen(pure, 'approvers-replaced', changes, [noticeOf('approval-needed', approval.openedAt)]);
      break;
    }
    case 'change-owners':
      happen(pure, 'owners-changed', { owners: [...asked.message.owners] }, [noticeOf('owners-changed', at(pure))]);
      break;
    case 'withdraw':
      if (state === 'renewing') denyRenewal(pure);
      else happen(pure, isRoundOpen(pure.account) ? 'withdrawn' : 'withdrawal-requested');
      pure.held = null;
      break;
    case 'request-renewal': {
      const renewal = { returnTo: state as 'active', requestedBy: asked.message.actor, requestedAt: at(pure) };
      const changes = { renewal, approval: roundOf(pure.snapshot, 'renewal', at(pure)) };
      happen(pure, 'renewal-requested', changes, [noticeOf('approval-needed', at(pure))]);
      break;
    }
    case 'retire':
      beginRetirement(pure, false);
      break;
    case 'resume':
      pure.triedSince = pure.now;
      break;
    default:
      pure.waiting = { operation, asked, gaveWay: false };
      return false;
  }
  reply(pure, operation, 'ok');
  return asked.action === 'resume';
}
