/** The first step of a request: whether its template lets it be, and the name. */
import type { z } from 'zod';
import type { reserveNameInputSchema, ReserveNameResult } from '../../contracts/activities.ts';
import { requestProblems } from '../../contracts/template-choices.ts';
import type { Database } from '../../db/client.ts';
import { holdsName, reserveAccountName } from '../../db/project-account.ts';
import { findTemplate, holdTemplate, type TemplateRow } from '../../db/queries/templates.ts';
import { compileNamingPattern } from '../../infra/runtime/naming-pattern.ts';

type Asked = z.infer<typeof reserveNameInputSchema>;
type Refusal = Extract<ReserveNameResult, { outcome: 'refused' }>;

/**
 * Takes the name of a request under the version of its template that is the published one, in one transaction: the
 * template is not published anew or deleted in between. What was reserved stays so, whatever became of the template.
 */
export async function reserveName(db: Database, asked: Asked, now: Date): Promise<ReserveNameResult> {
  const { accountId, domain, request } = asked;
  const { templateId, templateVersion, samAccountName } = request;
  return db.transaction(async (transaction): Promise<ReserveNameResult> => {
    await holdTemplate(transaction, templateId);
    const found = await findTemplate(transaction, templateId, templateVersion);
    if (!found) return refused('NotFound', 'There is no such template.');
    const { template, version } = found;
    const reserved = { outcome: 'reserved', snapshot: { templateId, version, template } } as const;
    if (await holdsName(transaction, { accountId, domain, samAccountName })) return reserved;
    const refusal = refusalBy(found, asked);
    if (refusal) return refusal;
    const reservedAt = now.toISOString();
    const name = { accountId, domain, samAccountName, templateId, reservedAt };
    if ((await reserveAccountName(transaction, name)) === 'reserved') return reserved;
    return refused('NameTaken', `${samAccountName} is in use in ${domain}, or an open request asks for it.`);
  });
}

function refusalBy({ state, template }: TemplateRow, { domain, requester, request }: Asked): Refusal | undefined {
  if (state !== 'published') return refused('NotPublished', 'That version of the template is not the published one.');
  if (template.directory.domain !== domain) {
    return refused('PolicyViolation', `The template is for ${template.directory.domain}, not for ${domain}.`);
  }
  const { samAccountName } = request;
  const naming = compileNamingPattern(template.naming.pattern);
  if (naming.outcome === 'refused' || !naming.pattern.matches(samAccountName)) {
    return refused('PolicyViolation', `${samAccountName} does not match the template's naming pattern.`);
  }
  const problems = requestProblems(request, template, requester);
  if (problems.length === 0) return undefined;
  return refused('PolicyViolation', `${problems.map(({ field, message }) => `${field} ${message}`).join('; ')}.`);
}

function refused(code: Refusal['code'], message: string): Refusal {
  return { outcome: 'refused', code, message };
}
