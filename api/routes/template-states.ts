/** A template's way from draft to published, and out of use. */
import {
  deleteTemplate,
  disableTemplate,
  draftTemplate,
  publishTemplate,
  unpublishTemplate,
  type Finding,
} from '../../contracts/http/templates.ts';
import type { Database } from '../../db/client.ts';
import * as changes from '../../db/queries/publish-templates.ts';
import { findTemplate, type TemplateRow } from '../../db/queries/templates.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Call, type HandlerAnswer, type Implementation } from '../http/implementation.ts';
import { answeredBefore, onceOnly } from '../http/idempotency.ts';
import { invalid, notFound, refusal } from '../http/refusal.ts';
import { previewTemplate } from '../template-preview.ts';

export function templateStateRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  return [
    implement(draftTemplate, async (call) => {
      const at = clock().toISOString();
      const made = await onceOnly(db, { route: draftTemplate, call, at }, async (transaction) => {
        const added = await changes.addDraft(transaction, { id: call.params.id, by: call.caller.name, at });
        if (added.outcome === 'draft-exists') {
          throw refusal('StateConflict', `Version ${added.version} is a draft already. Edit that one.`);
        }
        return { body: changedRow(added, 'There is no version to make a draft of.') };
      });
      return answerOf(made);
    }),
    implement(publishTemplate, async (call) => {
      const before = await answeredBefore<Published>(db, { route: publishTemplate, call });
      if (before) return answerOf(before);
      const warnings = await checked(dependencies, call);
      const at = clock().toISOString();
      const published = await onceOnly<Published>(db, { route: publishTemplate, call, at }, async (transaction) => {
        const { params, body, caller, ifMatch } = call;
        const aim = { id: params.id, version: body?.version, expectedRevision: ifMatch, by: caller.name, at };
        const row = changedRow(await changes.publishTemplate(transaction, aim), NOTHING_TO_PUBLISH);
        return { body: { ...row, warnings } };
      });
      return answerOf(published);
    }),
    takenBack(db, clock, unpublishTemplate, changes.unpublishTemplate),
    takenBack(db, clock, disableTemplate, changes.disableTemplate),
    implement(deleteTemplate, async ({ params: { id }, caller, ifMatch }) => {
      const template = await findTemplate(db, id);
      const doing = { by: caller.name, at: clock().toISOString() };
      const outcome = await changes.deleteTemplate(db, { id, expectedRevision: ifMatch, ...doing });
      if (!template || outcome === 'missing') throw notFound();
      if (outcome === 'conflict') throw changedSince();
      if (outcome === 'in-use') {
        throw refusal(
          'TemplateInUse',
          'Accounts, requests, a migration or a freeze refer to the template: it can be unpublished or disabled.',
        );
      }
      return { body: template };
    }),
  ];
}

type Published = TemplateRow & { readonly warnings: Finding[] };

const NOTHING_TO_PUBLISH = 'The version is neither a draft nor unpublished.';
const WHICH_VERSION =
  'Nothing is published, and there are a draft and an unpublished version: name the one to publish as version.';

type Publication = Pick<
  Call<{ id: string }, unknown, { version?: number | undefined } | undefined>,
  'params' | 'body' | 'ifMatch'
>;

/** The warnings of the preview, once it finds no error in the version that is to be published and that the caller has seen. */
async function checked(dependencies: Dependencies, { params, body, ifMatch }: Publication): Promise<Finding[]> {
  const row = await publishable(dependencies.db, params.id, body?.version);
  // What is published is what somebody read: another may have edited it since.
  if (row.revision !== ifMatch) throw changedSince();
  const { errors, warnings } = await previewTemplate(dependencies, row.template);
  if (errors.length > 0) throw invalid(errors.map((error) => ({ location: 'body', ...error })));
  return warnings;
}

async function publishable(db: Database, id: string, version: number | undefined): Promise<TemplateRow> {
  const found = await changes.findPublishable(db, id, version);
  switch (found.outcome) {
    case 'found':
      return found.row;
    case 'missing':
      if (version === undefined || !(await findTemplate(db, id))) throw notFound();
      throw invalid([{ location: 'body', field: '/version', message: 'is not a version of the template' }]);
    case 'wrong-state':
      throw refusal('StateConflict', NOTHING_TO_PUBLISH);
    case 'version-unnamed':
      throw refusal('StateConflict', WHICH_VERSION);
  }
}

/** What lets no more be asked for under a template. */
function takenBack(
  db: Database,
  clock: Dependencies['clock'],
  route: typeof unpublishTemplate,
  change: typeof changes.unpublishTemplate,
): Implementation {
  return implement(route, async (call) => {
    const at = clock().toISOString();
    const row = await onceOnly(db, { route, call, at }, async (transaction) => {
      const changed = await change(transaction, { id: call.params.id, by: call.caller.name, at });
      if (changed.outcome === 'wrong-state') throw refusal('NotPublished');
      return { body: changedRow(changed, 'The template is not published.') };
    });
    return answerOf(row);
  });
}

function answerOf<R extends TemplateRow>(row: R): HandlerAnswer<R> {
  return { body: row, version: row.revision };
}

/** The row after the change, or the refusal that stands for why there is none; `wrongState` is a sentence. */
function changedRow(changed: changes.ChangedTemplate, wrongState: string): TemplateRow {
  switch (changed.outcome) {
    case 'changed':
      return changed.row;
    case 'missing':
      throw notFound();
    case 'conflict':
      throw changedSince();
    default:
      throw refusal('StateConflict', wrongState);
  }
}

function changedSince() {
  return refusal(
    'PreconditionFailed',
    'Somebody has changed the template since. Read it, and decide on what it is now.',
  );
}
