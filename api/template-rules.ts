/**
 * What is wrong with a template beyond its schema, said before it is published: pure rules over what the platform knows.
 * Errors stop it from being published; warnings are worth a look.
 */
import type { TemplatePreview } from '../contracts/http/templates.ts';
import { hasPrefix, samAccountNameProblem } from '../contracts/naming.ts';
import type { Template } from '../contracts/template.ts';
import { compileNamingPattern, type NamingPattern } from '../infra/runtime/naming-pattern.ts';
import { byGrade, doubtful, wrong, type Graded, type Path } from './template-finding.ts';
import { peopleFindings, type KnownPeople } from './template-people.ts';
import { periodFindings } from './template-periods.ts';

/** What the rules need to know of the platform at this moment. */
export interface TemplateFacts extends KnownPeople {
  /** Whether the template's domain is registered. */
  readonly domainKnown: boolean;
  /** Whether periods may be shorter than a day: for demonstrations only. */
  readonly allowShortIntervals: boolean;
}

/** Every finding of the rules, errors and warnings apart, in the order of the template's parts. */
export function templateFindings(template: Template, facts: TemplateFacts): TemplatePreview {
  return byGrade([
    ...namingFindings(template),
    ...(facts.domainKnown ? [] : [wrong(['directory', 'domain'], 'is not a registered domain')]),
    ...placeFindings(template),
    ...attributeFindings(template),
    ...peopleFindings(template, facts),
    ...periodFindings(template, facts),
  ]);
}

/** The examples show what the rules mean to let through: one that no rule lets through is the pattern's mistake. */
function namingFindings({ naming }: Template): Graded[] {
  const compiled = compileNamingPattern(naming.pattern);
  if (compiled.outcome === 'refused') return [wrong(['naming', 'pattern'], compiled.problem)];
  const { prefix, pattern } = naming;
  if (prefix !== null && contradicts(prefix, pattern)) {
    return [doubtful(['naming', 'pattern'], `lets no name through that begins with ${prefix}`)];
  }
  if (naming.examples.length === 0) {
    return [doubtful(['naming', 'examples'], 'are missing: they would show that the pattern lets a name through')];
  }
  const problems = naming.examples.map((example) => exampleProblem(example, naming.prefix, compiled.pattern));
  if (problems.length > 0 && problems.every((problem) => problem !== undefined)) {
    return [doubtful(['naming', 'pattern'], `lets none of the examples through: the first one ${problems[0]!}`)];
  }
  return problems.flatMap((problem, index) =>
    problem === undefined ? [] : [doubtful(['naming', 'examples', index], problem)],
  );
}

/** Whether the plain text with which everything begins that the pattern matches begins otherwise than the prefix, in any case. */
function contradicts(prefix: string, pattern: string): boolean {
  const plain = /^[A-Za-z0-9_-]*(?![*?{])/.exec(pattern)?.[0] ?? '';
  const [one, other] = [prefix, plain].map((text) => text.toLowerCase()) as [string, string];
  return !pattern.includes('|') && !one.startsWith(other) && !other.startsWith(one);
}

function exampleProblem(example: string, prefix: string | null, pattern: NamingPattern): string | undefined {
  const problem = samAccountNameProblem(example);
  if (problem) return problem;
  if (prefix !== null && !hasPrefix(example, prefix)) return `must begin with ${prefix}`;
  return pattern.matches(example) ? undefined : 'must match the pattern';
}

function placeFindings({ directory, lifecycle }: Template): Graded[] {
  const { domain, organizationalUnit, retirementOrganizationalUnit, groups } = directory;
  const message = `must end with ${domainSuffix(domain).toUpperCase()} and name something below it`;
  const place = (path: Path, dn: string | null): Graded[] =>
    dn === null || isBelowDomain(dn, domain) ? [] : [wrong(path, message)];
  const isUnused = retirementOrganizationalUnit !== null && lifecycle.gracePeriod === null;
  return [
    ...place(['directory', 'organizationalUnit'], organizationalUnit),
    ...place(['directory', 'retirementOrganizationalUnit'], retirementOrganizationalUnit),
    ...groups.flatMap((group, index) => place(['directory', 'groups', index], group)),
    ...(isUnused
      ? [doubtful(['directory', 'retirementOrganizationalUnit'], 'is never used: there is no grace period')]
      : []),
  ];
}

function attributeFindings({ directory: { attributes } }: Template): Graded[] {
  return attributes.flatMap(({ name, value }, index) =>
    name === 'mail' && value !== null && !/^[^\s@]+@[^\s@]+$/.test(value)
      ? [doubtful(['directory', 'attributes', index, 'value'], 'does not look like an e-mail address')]
      : [],
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
