/** What is wrong with the people whom a template names: users and groups that are not there, steps nobody can satisfy. */
import type { People } from '../contracts/approval.ts';
import type { Template } from '../contracts/template.ts';
import { doubtful, wrong, type Graded, type Path } from './template-finding.ts';

/** Of the users and groups that a template names: who is there. */
export interface KnownPeople {
  /** Those of the named users who exist and are not disabled. */
  readonly activeUsers: ReadonlySet<string>;
  /** Those of the named groups that exist. */
  readonly groups: ReadonlyMap<string, KnownGroup>;
}

export interface KnownGroup {
  readonly disabled: boolean;
  /** Its members who are not disabled themselves. */
  readonly active: readonly string[];
}

/** Everybody whom the template names anywhere, each once. */
export function namedIn({ approval, availableTo, ownership }: Template): People {
  const all = [
    ...approval.steps.flatMap(({ approvers, escalation }) => [approvers, escalation]),
    availableTo,
    ownership.fallbackGroup === null ? null : { users: [], groups: [ownership.fallbackGroup] },
  ].filter((people) => people !== null);
  return {
    users: [...new Set(all.flatMap(({ users }) => users))],
    groups: [...new Set(all.flatMap(({ groups }) => groups))],
  };
}

export function peopleFindings(template: Template, known: KnownPeople): Graded[] {
  return [
    ...template.approval.steps.flatMap((step, index) => stepFindings(step, ['approval', 'steps', index], known)),
    ...availabilityFindings(template, known),
    ...fallbackFindings(template, known),
  ];
}

function stepFindings(
  { approvers, quorum, escalation }: Template['approval']['steps'][number],
  path: Path,
  known: KnownPeople,
): Graded[] {
  const able = activeOf(approvers, known).size;
  const tooFew =
    able < quorum
      ? [wrong([...path, 'quorum'], `nobody can satisfy it: ${quorum} must approve, and ${countOf(able)} can`)]
      : [];
  // One of them may be the requester, or away; then the step waits for its deadline.
  const barely =
    able === quorum ? [doubtful([...path, 'quorum'], 'needs every one of the approvers: none may ask or be away')] : [];
  const nobodyElse =
    escalation !== null && activeOf(escalation, known).size === 0
      ? [wrong([...path, 'escalation'], 'names nobody who could decide')]
      : [];
  return [
    ...missingFindings(approvers, [...path, 'approvers'], known),
    ...tooFew,
    ...barely,
    ...(escalation === null ? [] : missingFindings(escalation, [...path, 'escalation'], known)),
    ...nobodyElse,
  ];
}

function availabilityFindings({ availableTo }: Template, known: KnownPeople): Graded[] {
  if (availableTo === null) return [];
  const path = ['availableTo'];
  return [
    ...missingFindings(availableTo, path, known),
    ...(activeOf(availableTo, known).size === 0 ? [doubtful(path, 'names nobody who could ask for an account')] : []),
  ];
}

function fallbackFindings({ ownership: { fallbackGroup } }: Template, known: KnownPeople): Graded[] {
  if (fallbackGroup === null) return [];
  const path = ['ownership', 'fallbackGroup'];
  const problem = groupProblem(fallbackGroup, known);
  if (problem) return [wrong(path, problem)];
  return known.groups.get(fallbackGroup)!.active.length === 0 ? [doubtful(path, 'has no active member')] : [];
}

/** Names are typed by people who may mistype. */
function missingFindings({ users, groups }: People, path: Path, known: KnownPeople): Graded[] {
  return [
    ...users.flatMap((name, index) =>
      known.activeUsers.has(name) ? [] : [wrong([...path, 'users', index], 'is not the name of an active user')],
    ),
    ...groups.flatMap((name, index) => {
      const problem = groupProblem(name, known);
      return problem ? [wrong([...path, 'groups', index], problem)] : [];
    }),
  ];
}

function groupProblem(name: string, { groups }: KnownPeople): string | undefined {
  const group = groups.get(name);
  if (!group) return 'is not the name of a group';
  return group.disabled ? 'is disabled: name another group' : undefined;
}

/** The people who count, each once, however many groups have them. */
function activeOf({ users, groups }: People, known: KnownPeople): Set<string> {
  const members = groups.flatMap((name) => {
    const group = known.groups.get(name);
    return group && !group.disabled ? group.active : [];
  });
  return new Set([...users.filter((name) => known.activeUsers.has(name)), ...members]);
}

function countOf(able: number): string {
  return able === 0 ? 'nobody' : `${able} ${able === 1 ? 'person' : 'people'}`;
}
