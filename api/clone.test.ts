import { expect, test } from 'vitest';
import { draftRequestSchema } from '../contracts/http/drafts.ts';
import { accountRequestSchema } from '../contracts/request.ts';
import { chosenBy, requestProblems } from '../contracts/template-choices.ts';
import { sampleAccount, sampleTemplate } from '../test/support/projection-samples.ts';
import { requestLike } from './clone.ts';

const template = sampleTemplate({
  directory: {
    domain: 'corp.example.com',
    organizationalUnit: 'OU=Managed,DC=corp,DC=example,DC=com',
    mayChooseOrganizationalUnit: true,
    attributes: [
      { name: 'department', use: 'optional' },
      { name: 'company', use: 'read-only', value: 'Example' },
    ],
  },
  vault: { folder: 'service-accounts', mayChooseFolder: true },
});

test('the clone of an account asks for an account like it, by another requester', () => {
  const account = sampleAccount({
    samAccountName: 'svc-payroll',
    description: 'Payroll',
    attributes: { department: 'HR', company: 'Example' },
    organizationalUnit: 'OU=Payroll,OU=Managed,DC=corp,DC=example,DC=com',
    vaultFolder: 'service-accounts/corp.example.com/payroll/nightly',
  });
  const request = requestLike(account, 'olaf', template);
  expect(draftRequestSchema.parse(request)).toMatchObject(request);
  expect(request).toEqual({
    templateId: account.templateId,
    samAccountName: 'svc-payroll',
    justification: account.justification,
    description: 'Payroll',
    owners: ['rita'],
    ownerGroups: [],
    interval: 'P1Y',
    attributes: { department: 'HR' },
    organizationalUnit: 'OU=Payroll,OU=Managed,DC=corp,DC=example,DC=com',
    folder: 'payroll/nightly',
  });
  const asked = accountRequestSchema.parse(request);
  expect(requestProblems(asked, template, 'olaf')).toEqual([]);
  const { interval, organizationalUnit, vaultFolder, attributes } = account;
  expect(chosenBy(asked, template)).toEqual({ interval, organizationalUnit, vaultFolder, attributes });
});

test('what was not chosen is not chosen by the clone', () => {
  const request = requestLike(sampleAccount({ description: null }), 'rita', sampleTemplate());
  expect(Object.keys(request)).not.toEqual(expect.arrayContaining(['organizationalUnit']));
  expect(Object.keys(request)).not.toEqual(expect.arrayContaining(['folder']));
  expect(Object.keys(request)).not.toEqual(expect.arrayContaining(['description']));
  expect(request.owners).toEqual(['olaf']);
});

test('a template that is not there any more leaves the choices to its author', () => {
  const account = sampleAccount({ attributes: { department: 'HR' } });
  expect(requestLike(account, 'rita', undefined)).toMatchObject({ attributes: { department: 'HR' } });
});
