/** The preview of a template: the pure rules, and a dry run in its domain. Changes nothing. */
import type { TemplatePreview } from '../contracts/http/templates.ts';
import type { Template } from '../contracts/template.ts';
import type { Database } from '../db/client.ts';
import { findDomain } from '../db/queries/domains.ts';
import { findGroupsByNames } from '../db/queries/groups.ts';
import { activeMembersOf } from '../db/queries/people.ts';
import { findUsersByNames } from '../db/queries/users.ts';
import type { Dependencies } from './dependencies.ts';
import { dryRunFindings } from './template-dry-run.ts';
import { byGrade } from './template-finding.ts';
import { namedIn, type KnownPeople } from './template-people.ts';
import { templateFindings } from './template-rules.ts';

/** What publishing `template` would say now. Never rejects because an engine is away: that is a warning. */
export async function previewTemplate(
  { db, gateway, allowShortIntervals }: Pick<Dependencies, 'db' | 'gateway' | 'allowShortIntervals'>,
  template: Template,
): Promise<TemplatePreview> {
  const { directory, vault } = template;
  const domainKnown = (await findDomain(db, directory.domain)) !== undefined;
  const rules = templateFindings(template, { ...(await peopleOf(db, template)), domainKnown, allowShortIntervals });
  // No engine polls for a domain that nobody registered.
  if (!domainKnown) return rules;
  const { organizationalUnit, retirementOrganizationalUnit, groups } = directory;
  const inspected = await gateway.inspectTemplate({
    domain: directory.domain,
    organizationalUnits: [organizationalUnit, retirementOrganizationalUnit].filter((dn) => dn !== null),
    groups,
    folder: vault.folder,
    mayChooseFolder: vault.mayChooseFolder,
    samAccountName: null,
  });
  const dryRun = byGrade(dryRunFindings(template, inspected));
  return { errors: [...rules.errors, ...dryRun.errors], warnings: [...rules.warnings, ...dryRun.warnings] };
}

async function peopleOf(db: Database, template: Template): Promise<KnownPeople> {
  const named = namedIn(template);
  const [users, groups, members] = await Promise.all([
    findUsersByNames(db, named.users),
    findGroupsByNames(db, named.groups),
    activeMembersOf(db, named.groups),
  ]);
  const active = new Map(members.map((row) => [row.group, row.members]));
  return {
    activeUsers: new Set(users.filter(({ disabled }) => !disabled).map(({ name }) => name)),
    groups: new Map(groups.map(({ name, disabled }) => [name, { disabled, active: active.get(name) ?? [] }])),
  };
}
