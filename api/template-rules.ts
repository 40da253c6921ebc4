/** What a template must keep to beyond its schema: it needs the configuration, or a library, to say. */
import type { FieldError } from '../contracts/http/problem.ts';
import { isWholeDaysText } from '../contracts/fields.ts';
import type { Template } from '../contracts/template.ts';
import type { Database } from '../db/client.ts';
import { findDomain } from '../db/queries/domains.ts';
import { findUsersByNames } from '../db/queries/users.ts';
import { compileNamingPattern } from '../infra/runtime/naming-pattern.ts';
import { fieldName } from './http/parse.ts';

/** What is wrong with `template`, one entry per bad field; empty when nothing is. */
export async function templateProblems(
  db: Database,
  template: Template,
  { allowShortIntervals }: { readonly allowShortIntervals: boolean },
): Promise<FieldError[]> {
  return [
    ...patternProblems(template),
    ...(await domainProblems(db, template)),
    ...placeProblems(template),
    ...(await approverProblems(db, template)),
    ...(allowShortIntervals ? [] : intervalProblems(template)),
  ];
}

function problem(path: readonly (string | number)[], message: string): FieldError {
  return { location: 'body', field: fieldName('body', path), message };
}

function patternProblems({ naming }: Template): FieldError[] {
  const compiled = compileNamingPattern(naming.pattern);
  return compiled.outcome === 'compiled' ? [] : [problem(['naming', 'pattern'], compiled.problem)];
}

async function domainProblems(db: Database, { directory }: Template): Promise<FieldError[]> {
  const known = await findDomain(db, directory.domain);
  return known ? [] : [problem(['directory', 'domain'], 'is not a registered domain')];
}

function placeProblems({ directory: { domain, organizationalUnit, groups } }: Template): FieldError[] {
  const message = `must end with ${domainSuffix(domain).toUpperCase()} and name something below it`;
  return [
    ...(isBelowDomain(organizationalUnit, domain) ? [] : [problem(['directory', 'organizationalUnit'], message)]),
    ...groups.flatMap((group, index) =>
      isBelowDomain(group, domain) ? [] : [problem(['directory', 'groups', index], message)],
    ),
  ];
}

/** Users are named by people who may mistype: a step that nobody can decide on would never end. */
async function approverProblems(db: Database, { approval: { steps } }: Template): Promise<FieldError[]> {
  const names = [...new Set(steps.flatMap((step) => step.approvers))];
  const active = new Set((await findUsersByNames(db, names)).filter((user) => !user.disabled).map((user) => user.name));
  return steps.flatMap(({ approvers }, step) =>
    approvers.flatMap((name, index) =>
      active.has(name) ? [] : [problem(['approval', 'steps', step, 'approvers', index], 'is not the name of a user')],
    ),
  );
}

function intervalProblems({ lifecycle }: Template): FieldError[] {
  return (['interval', 'renewalWindow', 'reminder'] as const).flatMap((field) =>
    isWholeDaysText(lifecycle[field]) ? [] : [problem(['lifecycle', field], 'must count whole days, such as P90D')],
  );
}

/** `DC=corp,DC=example,DC=com` in lower case. */
function domainSuffix(fqdn: string): string {
  return fqdn
    .split('.')
    .map((label) => `dc=${label}`)
    .join(',');
}

/** Whether `dn` lies below the root of the domain. The engine parses it again, by all rules, before it uses it. */
export function isBelowDomain(dn: string, fqdn: string): boolean {
  // Commas inside of values are escaped, and the labels of a domain have none.
  const parts = dn.split(/(?<!\\),/).map((part) =>
    part
      .trim()
      .toLowerCase()
      .replace(/\s*=\s*/, '='),
  );
  const suffix = domainSuffix(fqdn).split(',');
  const own = parts.slice(0, -suffix.length);
  const isInside = parts.slice(-suffix.length).join(',') === suffix.join(',');
  return isInside && own.length > 0 && own.every((part) => /^(?:cn|ou)=./.test(part));
}
