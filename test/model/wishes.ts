/** A wish of the commands as a message of the product. */
import type { Account } from '../../contracts/account.ts';
import { standingOf } from '../../contracts/standing.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { Asked, MigrationChanges } from '../../contracts/workflows.ts';
import { sampleTemplate } from '../support/fake-activities.ts';
import type { Migration } from './account-model.ts';
import type { Wish } from './subject.ts';
import { templateOf, type ModelTerms } from './terms.ts';

const TEMPLATE_ID = '7b0d5c1e-6a4f-4c58-9d0a-111111111111';

/** Versions 1, 2, … of one template. */
export function snapshotsOf(templates: readonly ModelTerms[]): TemplateSnapshot[] {
  return templates.map((terms, index) => ({
    templateId: TEMPLATE_ID,
    version: index + 1,
    template: sampleTemplate(templateOf(terms)),
  }));
}

/** With the standing that the product would find for a ballot. */
export function askedFor(
  wish: Wish,
  operationId: string,
  account: Account,
  snapshots: readonly TemplateSnapshot[],
): Asked {
  switch (wish.action) {
    case 'decide': {
      const { actor, standsFor, denies } = wish;
      const steads = standsFor.map((name) => ({ name, groups: [] }));
      const user = { name: actor, role: 'approver' as const, groups: [], standsFor: steads };
      const decision = denies ? ('deny' as const) : ('approve' as const);
      const standing = standingOf(user, account.approval);
      const ballot = { actor, decision, standing, step: null, reason: denies ? 'Not needed any more' : null };
      return { action: wish.action, message: { ...ballot, operationId } };
    }
    case 'replace-approvers': {
      const { action, step, users, quorum } = wish;
      return { action, message: { actor: 'ada', operationId, step, quorum, approvers: { users, groups: [] } } };
    }
    case 'change-owners':
      return { action: wish.action, message: { actor: 'olga', operationId, owners: wish.owners, ownerGroups: [] } };
    case 'migrate':
      return { action: wish.action, message: { actor: 'ada', operationId, changes: changesOf(wish, snapshots) } };
    default:
      return { action: wish.action, message: { actor: wish.actor, operationId } };
  }
}

function changesOf({ template, endsAt, owners }: Migration, snapshots: readonly TemplateSnapshot[]): MigrationChanges {
  return {
    snapshot: snapshots[template]!,
    ...(endsAt === null ? {} : { endsAt: new Date(endsAt).toISOString() }),
    ...(owners === null ? {} : { owners }),
  };
}
