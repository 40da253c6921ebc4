import { describe, expect, test } from 'vitest';
import { templateSchema, type Template } from '../contracts/template.ts';
import { dryRunFindings } from './template-dry-run.ts';
import { isBelowDomain, templateFindings, type TemplateFacts } from './template-rules.ts';

type Parts = Partial<Record<keyof Template, unknown>>;

/** A template without findings, but for the parts given. */
function template(parts: Parts = {}): Template {
  return templateSchema.parse({
    name: 'Payroll services',
    naming: { prefix: 'svc-', pattern: 'svc-[a-z]{1,16}', examples: ['svc-payroll'] },
    directory: directory(),
    vault: { folder: 'service-accounts' },
    approval: { steps: [step()] },
    lifecycle: lifecycle(),
    ...parts,
  });
}

const directory = (parts: object = {}) => ({
  domain: 'corp.example.com',
  organizationalUnit: 'OU=Managed,DC=corp,DC=example,DC=com',
  ...parts,
});
const step = (parts: object = {}) => ({ name: 'Security', approvers: { groups: ['Security'] }, quorum: 1, ...parts });
const lifecycle = (parts: object = {}) => ({
  intervals: ['P1Y'],
  renewalWindow: 'P30D',
  endOfLife: 'disable',
  ...parts,
});
const naming = (pattern: string, examples: string[] = [], prefix: string | null = null) => ({
  naming: { pattern, examples, prefix },
});

const FACTS: TemplateFacts = {
  domainKnown: true,
  allowShortIntervals: false,
  activeUsers: new Set(['anna', 'ben']),
  groups: new Map([
    ['Security', { disabled: false, active: ['anna', 'ben', 'cleo'] }],
    ['Auditors', { disabled: false, active: ['anna', 'dora'] }],
    ['Empty', { disabled: false, active: [] }],
    ['Closed', { disabled: true, active: ['dora', 'ed'] }],
  ]),
};

const found = (parts: Parts, facts: Partial<TemplateFacts> = {}) => {
  const { errors, warnings } = templateFindings(template(parts), { ...FACTS, ...facts });
  return { errors: errors.map(({ field }) => field), warnings: warnings.map(({ field }) => field) };
};

test('a template in which nothing is wrong', () => {
  expect(templateFindings(template(), FACTS)).toEqual({ errors: [], warnings: [] });
});

describe('errors', () => {
  test.each<[string, string[], Parts]>([
    ['no RE2 expression', ['/naming/pattern'], naming('(')],
    ['too large a pattern', ['/naming/pattern'], naming('((a{200}){200}){200}')],
    [
      'an OU of another domain',
      ['/directory/organizationalUnit'],
      { directory: directory({ organizationalUnit: 'OU=x,DC=other,DC=example,DC=com' }) },
    ],
    [
      'the root of the domain',
      ['/directory/organizationalUnit'],
      { directory: directory({ organizationalUnit: 'DC=corp,DC=example,DC=com' }) },
    ],
    [
      'a retirement OU of another domain',
      ['/directory/retirementOrganizationalUnit'],
      {
        directory: directory({ retirementOrganizationalUnit: 'OU=x,DC=other,DC=com' }),
        lifecycle: lifecycle({ gracePeriod: 'P30D' }),
      },
    ],
    [
      'a group elsewhere',
      ['/directory/groups/1'],
      { directory: directory({ groups: ['CN=g,DC=corp,DC=example,DC=com', 'CN=g,OU=x\\,DC=corp,DC=example'] }) },
    ],
    [
      'users who are not there',
      ['/approval/steps/0/approvers/users/1', '/approval/steps/0/approvers/users/2'],
      { approval: { steps: [step({ approvers: { users: ['anna', 'gone', 'nobody'], groups: ['Security'] } })] } },
    ],
    [
      'groups that are not there',
      ['/approval/steps/0/approvers/groups/1', '/approval/steps/0/approvers/groups/2'],
      { approval: { steps: [step({ approvers: { groups: ['Security', 'Closed', 'Nowhere'] } })] } },
    ],
    [
      'a quorum beyond the people, who are counted once',
      ['/approval/steps/1/quorum'],
      {
        approval: {
          steps: [step(), step({ approvers: { users: ['anna'], groups: ['Security', 'Auditors'] }, quorum: 5 })],
        },
      },
    ],
    [
      'a step of nobody',
      ['/approval/steps/0/quorum'],
      { approval: { steps: [step({ approvers: { groups: ['Empty'] } })] } },
    ],
    [
      'an escalation to nobody',
      ['/approval/steps/0/escalation'],
      { approval: { steps: [step({ deadline: 'P7D', escalation: { groups: ['Empty'] } })] } },
    ],
    ['users of nobody', ['/availableTo/groups/0'], { availableTo: { groups: ['Nowhere'], users: ['anna'] } }],
    ['no such fallback', ['/ownership/fallbackGroup'], { ownership: { fallbackGroup: 'Closed' } }],
    ['half a day', ['/lifecycle/intervals/1'], { lifecycle: lifecycle({ intervals: ['P1Y', 'P180DT12H'] }) }],
    [
      'short terms',
      [
        '/lifecycle/renewalWindow',
        '/lifecycle/notices/remindEvery',
        '/lifecycle/notices/urgentWithin',
        '/lifecycle/notices/stopAfter',
        '/lifecycle/gracePeriod',
        '/lifecycle/notices/urgentEvery',
        '/approval/steps/0/deadline',
      ],
      {
        approval: { steps: [step({ deadline: 'PT10M' })] },
        lifecycle: lifecycle({
          renewalWindow: 'PT40H',
          gracePeriod: 'PT1H',
          notices: {
            remindEvery: 'PT6H',
            urgentEvery: 'PT59M',
            urgentWithin: 'PT6H',
            stopAfter: 'PT12H',
          },
        }),
      },
    ],
  ])('%s', (_what, fields, parts) => {
    expect(found(parts)).toEqual({ errors: fields, warnings: [] });
  });

  test('a flood of notices', () => {
    const notices = { remindEvery: 'P1D', stopAfter: 'P3Y', urgentEvery: 'PT1H', urgentWithin: 'P50D' };
    const { errors } = found({ lifecycle: lifecycle({ renewalWindow: 'P60D', notices }) });
    expect(errors).toEqual(['/lifecycle/notices/urgentEvery', '/lifecycle/notices/stopAfter']);
  });

  test('an unknown domain', () => {
    expect(found({}, { domainKnown: false }).errors).toEqual(['/directory/domain']);
  });

  test('short terms are none where they are allowed', () => {
    const short = lifecycle({ intervals: ['PT20S'], renewalWindow: 'PT10S', notices: { remindEvery: 'PT2S' } });
    expect(found({ lifecycle: short }, { allowShortIntervals: true }).errors).toEqual([]);
    expect(found({ lifecycle: short }).errors.length).toBe(3);
  });
});

describe('warnings', () => {
  const notices = (parts: object, more: object = {}) => ({ lifecycle: lifecycle({ notices: parts, ...more }) });
  const path = (field: string) => [`/lifecycle/notices/${field}`];
  test.each<[string, string[], Parts]>([
    ['no example at all', ['/naming/examples'], naming('svc-[a-z]+')],
    ['a prefix that the pattern begins with otherwise', ['/naming/pattern'], naming('abc[0-9]+', ['abc1'], 'svc-')],
    ['a prefix within the plain beginning of the pattern', [], naming('svc-pay[a-z]*', ['svc-payroll'], 'SVC-')],
    ['a plain beginning within the prefix', [], naming('svc-?[a-z]+', ['svc-a'], 'svc-')],
    ['a pattern of alternatives', [], naming('abc|svc-[a-z]+', ['svc-a'], 'svc-')],
    ['no example matches', ['/naming/pattern'], naming('svc-[a-z]+', ['payroll', 'svc-1'])],
    ['an example does not match', ['/naming/examples/1'], naming('svc-[a-z]+', ['svc-a', 'svc-1'])],
    ['an example without the prefix', ['/naming/examples/1'], naming('[a-z-]+', ['svc-a', 'a'], 'svc-')],
    ['an example that AD does not take', ['/naming/examples/0'], naming('.*', ['ends.', 'svc-a'])],
    ['a prefix in another case', [], naming('[A-Z-]+', ['SVC-A'], 'svc-')],
    [
      'a retirement OU without a grace period',
      ['/directory/retirementOrganizationalUnit'],
      { directory: directory({ retirementOrganizationalUnit: 'OU=Old,DC=corp,DC=example,DC=com' }) },
    ],
    [
      'an address without an @',
      ['/directory/attributes/0/value'],
      { directory: directory({ attributes: [{ name: 'mail', use: 'read-only', value: 'it' }] }) },
    ],
    [
      'as many approvers as must approve',
      ['/approval/steps/0/quorum'],
      { approval: { steps: [step({ approvers: { users: ['anna'], groups: ['Security'] }, quorum: 3 })] } },
    ],
    ['available to nobody', ['/availableTo'], { availableTo: { groups: ['Empty'] } }],
    ['a fallback group of nobody', ['/ownership/fallbackGroup'], { ownership: { fallbackGroup: 'Empty' } }],
    ['a reminder at the end itself', path('remindEvery'), notices({ remindEvery: 'P30D' })],
    ['reminders after the period', path('remindEvery'), notices({ remindEvery: 'P2Y' })],
    ['the last reminder before the end', [], notices({ remindEvery: 'P29D' })],
    [
      'reminders that the urgent time swallows',
      path('remindEvery'),
      notices({ remindEvery: 'P20D', urgentEvery: 'PT12H', urgentWithin: 'P10D' }),
    ],
    ['an urgent time before the window', path('urgentWithin'), notices({ urgentEvery: 'P1D', urgentWithin: 'P31D' })],
    ['a flood', path('urgentEvery'), notices({ urgentEvery: 'PT1H', urgentWithin: 'P9D' })],
    [
      'reminders after a deletion',
      path('stopAfter'),
      notices({ remindEvery: 'P7D', stopAfter: 'P14D' }, { endOfLife: 'delete' }),
    ],
    ['nothing to stop', path('stopAfter'), notices({ stopAfter: 'P14D' })],
    ['stopped before the first one', path('stopAfter'), notices({ remindEvery: 'P7D', stopAfter: 'P6D' })],
    ['one reminder after the end', [], notices({ remindEvery: 'P7D', stopAfter: 'P7D' })],
  ])('%s', (_what, fields, parts) => {
    expect(found(parts)).toEqual({ errors: [], warnings: fields });
  });
});

describe('dryRunFindings', () => {
  const group = 'CN=App,OU=Groups,DC=corp,DC=example,DC=com';
  const inspected = template({ directory: directory({ groups: [group] }) });
  const clean = { problems: [], nameInUse: null };
  const graded = (result: Parameters<typeof dryRunFindings>[1]) =>
    dryRunFindings(inspected, result).map(({ grade, field }) => `${grade} ${field}`);

  test('nothing wrong', () => {
    expect(graded({ directory: clean, vault: { ready: true, problem: null } })).toEqual([]);
  });

  test('an engine that is away is one warning', () => {
    const away = { failed: 'away', message: 'No engine.' } as const;
    expect(graded({ directory: away, vault: away })).toEqual(['warning /directory/domain']);
  });

  test('an engine that fails is a warning where it fails', () => {
    const failed = { failed: 'error', message: 'The vault is sealed.' } as const;
    expect(graded({ directory: failed, vault: failed })).toEqual([
      'warning /directory/domain',
      'warning /vault/folder',
    ]);
  });

  test('what is not there is an error at its field, in whatever case it is written', () => {
    const problems = [
      { distinguishedName: group.toUpperCase(), problem: 'does not exist' },
      { distinguishedName: 'OU=Managed,DC=corp,DC=example,DC=com', problem: 'may not be written' },
      { distinguishedName: 'CN=Elsewhere', problem: 'is odd' },
    ];
    expect(graded({ directory: { ...clean, problems }, vault: { ready: false, problem: 'no such mount' } })).toEqual([
      'error /directory/groups/0',
      'error /directory/organizationalUnit',
      'error /directory',
      'error /vault/folder',
    ]);
  });
});

describe('isBelowDomain', () => {
  test.each([
    'OU=Managed,DC=corp,DC=example,DC=com',
    'ou=managed, dc=CORP , dc = example,DC=com',
    'CN=Group\\, with comma,OU=Groups,DC=corp,DC=example,DC=com',
  ])('%s is', (dn) => expect(isBelowDomain(dn, 'corp.example.com')).toBe(true));

  test.each([
    'DC=corp,DC=example,DC=com',
    'OU=Managed,DC=branch,DC=example,DC=com',
    'OU=Managed,DC=example,DC=com',
    'OU=Managed,DC=corp,DC=example,DC=com,DC=net',
    'OU=Managed,DC=child,DC=corp,DC=example,DC=com',
    'OU=Managed\\,DC=corp,DC=example,DC=com',
    'OU=,DC=corp,DC=example,DC=com',
    'corp,DC=corp,DC=example,DC=com',
    '',
  ])('%s is not', (dn) => expect(isBelowDomain(dn, 'corp.example.com')).toBe(false));
});
