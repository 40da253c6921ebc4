import { describe, expect, test } from 'vitest';
import type { TemplateParts } from '../test/support/fake-activities.ts';
import { sampleTemplate } from '../test/support/projection-samples.ts';
import { accountRequestSchema, type AccountRequest } from './request.ts';
import { chosenBy, requestProblems } from './template-choices.ts';

const OU = 'OU=Managed,DC=corp,DC=example,DC=com';
const DIRECTORY = { domain: 'corp.example.com', organizationalUnit: OU };

const request = (changes: Partial<AccountRequest> = {}): AccountRequest =>
  accountRequestSchema.parse({
    templateId: '7b0d5c1e-6a4f-4c58-9d0a-111111111111',
    samAccountName: 'svc-payroll',
    justification: 'Pays the wages',
    ...changes,
  });

const attributes = [
  { name: 'department', use: 'required' },
  { name: 'company', use: 'read-only', value: 'Example' },
  { name: 'title', use: 'optional', value: 'Robot' },
  { name: 'division', use: 'optional' },
] as const;
const offering: TemplateParts = { directory: { ...DIRECTORY, attributes: [...attributes] } };
const choosing: TemplateParts = { directory: { ...DIRECTORY, mayChooseOrganizationalUnit: true } };

describe('chosenBy', () => {
  test('says what the template says where the request says nothing', () => {
    const lifecycle = { intervals: ['P90D', 'P1Y'], renewalWindow: 'P30D', endOfLife: 'review' as const };
    expect(chosenBy(request(), sampleTemplate({ ...offering, lifecycle }))).toEqual({
      interval: 'P90D',
      organizationalUnit: OU,
      vaultFolder: 'service-accounts/corp.example.com',
      attributes: { company: 'Example', title: 'Robot' },
    });
  });

  test('says what the request says', () => {
    const chosen = request({
      interval: 'P2Y',
      organizationalUnit: `OU=Payroll,${OU}`,
      folder: 'payroll/wages',
      attributes: { department: 'Payroll', title: 'Clerk' },
    });
    expect(chosenBy(chosen, sampleTemplate(offering))).toEqual({
      interval: 'P2Y',
      organizationalUnit: `OU=Payroll,${OU}`,
      vaultFolder: 'service-accounts/corp.example.com/payroll/wages',
      attributes: { department: 'Payroll', company: 'Example', title: 'Clerk' },
    });
  });
});

describe('requestProblems', () => {
  const fieldsOf = (changes: Partial<AccountRequest>, template: TemplateParts = {}): string[] =>
    requestProblems(request(changes), sampleTemplate(template), 'rita').map(({ field }) => field);

  test('finds nothing wrong with a request that says no more than it must', () => {
    expect(requestProblems(request(), sampleTemplate(), 'rita')).toEqual([]);
  });

  test.each<[string, Partial<AccountRequest>, TemplateParts, string[]]>([
    ['a name without the prefix', {}, { naming: { prefix: 'app-', pattern: '.*' } }, ['/samAccountName']],
    ['one with it, in another case', {}, { naming: { prefix: 'SVC-', pattern: '.*' } }, []],
    ['terms that are not accepted', {}, { termsOfService: 'Be good.' }, ['/acceptTerms']],
    ['terms that are', { acceptTerms: true }, { termsOfService: 'Be good.' }, []],
    ['an interval that is not offered', { interval: 'P2Y' }, {}, ['/interval']],
    ['one that is', { interval: 'P1Y' }, {}, []],
    ['a folder that cannot be chosen', { folder: 'payroll' }, {}, ['/folder']],
    ['one that can', { folder: 'payroll' }, { vault: { folder: 'f', mayChooseFolder: true } }, []],
  ])('%s', (_what, changes, template, fields) => {
    expect(fieldsOf(changes, template)).toEqual(fields);
  });

  test.each<[string, Partial<AccountRequest>, TemplateParts['ownership'], string[]]>([
    ['other owners where only the requester may be one', { owners: ['olaf'] }, { requesterOnly: true }, ['/owners']],
    ['the requester as owner, by name', { owners: ['rita'] }, { requesterOnly: true }, []],
    [
      'a group where only the requester may be the owner',
      { ownerGroups: ['Payroll'] },
      { requesterOnly: true, groups: true },
      ['/ownerGroups'],
    ],
    ['groups where they may not own', { ownerGroups: ['Payroll'] }, { groups: false }, ['/owners']],
    ['groups where they may', { ownerGroups: ['Payroll'] }, { groups: true }, []],
    ['too few', {}, { minimum: 2 }, ['/owners']],
    ['the requester twice, which is one', { owners: ['rita'] }, { minimum: 2 }, ['/owners']],
    ['enough, the requester among them', { owners: ['olaf'] }, { minimum: 2 }, []],
    ['too many', { owners: ['olaf', 'olga'] }, { maximum: 2 }, ['/owners']],
    ['just not too many', { owners: ['olaf', 'rita'] }, { maximum: 2 }, []],
  ])('owners: %s', (_what, changes, ownership, fields) => {
    expect(fieldsOf(changes, { ownership })).toEqual(fields);
  });

  test.each<[string, AccountRequest['attributes'], string[]]>([
    ['a required one that is missing', {}, ['/attributes/department']],
    ['all that must be', { department: 'Payroll' }, []],
    ['one that is not offered', { department: 'Payroll', mail: 'a@b.c' }, ['/attributes/mail']],
    ['another value of a read-only one', { department: 'Payroll', company: 'Other' }, ['/attributes/company']],
    ['the same value of a read-only one', { department: 'Payroll', company: 'Example' }, []],
  ])('attributes: %s', (_what, chosen, fields) => {
    expect(fieldsOf({ attributes: chosen }, offering)).toEqual(fields);
  });

  test('a required attribute to which the template gives a value need not be given', () => {
    const given = [{ name: 'department', use: 'required', value: 'IT' }] as const;
    expect(fieldsOf({}, { directory: { ...DIRECTORY, attributes: [...given] } })).toEqual([]);
  });

  test.each<[string, string, boolean]>([
    ['an OU below it', `OU=Payroll,${OU}`, true],
    ['one further below, in other letters', 'ou = Wages , OU=Payroll,ou=managed,dc=CORP,dc=example,dc=com', true],
    ['the OU itself', OU, true],
    ['an OU with a comma in its name', `OU=Wages\\, Payroll,${OU}`, true],
    ['an OU beside it', 'OU=Other,DC=corp,DC=example,DC=com', false],
    ['the one above it', 'DC=corp,DC=example,DC=com', false],
    ['a container below it', `CN=Payroll,${OU}`, false],
    ['one whose name only ends like it', 'OU=x\\,OU=Managed,DC=corp,DC=example,DC=com', false],
    ['one that hides behind a backslash', `OU=x\\\\,OU=Other,DC=corp,DC=example,DC=com`, false],
    ['an OU of another domain', 'OU=Payroll,OU=Managed,DC=other,DC=example,DC=com', false],
  ])('an OU may be chosen below the template’s: %s', (_what, organizationalUnit, isAllowed) => {
    expect(requestProblems({ ...request(), organizationalUnit }, sampleTemplate(choosing), 'rita').length === 0).toBe(
      isAllowed,
    );
  });

  test('where no OU may be chosen, only the template’s own can be named', () => {
    expect(fieldsOf({ organizationalUnit: `OU=Payroll,${OU}` })).toEqual(['/organizationalUnit']);
    expect(fieldsOf({ organizationalUnit: OU.toLowerCase() })).toEqual([]);
  });

  test('tells everything at once', () => {
    const template = { ...offering, termsOfService: 'Be good.', naming: { prefix: 'app-', pattern: '.*' } };
    const all = fieldsOf({ interval: 'P2Y', folder: 'x', organizationalUnit: 'OU=Other,DC=x' }, template);
    expect(all).toEqual([
      '/samAccountName',
      '/interval',
      '/acceptTerms',
      '/attributes/department',
      '/organizationalUnit',
      '/folder',
    ]);
  });
});
