/** Groups over HTTP: who may change them, that two editors do not overwrite each other, and that accounts are told. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../../api/http/refusal.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { sampleTemplate } from '../support/projection-samples.ts';
import { makeTemplate, startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

async function makeGroup(members: string[] = [], name = `Group ${randomUUID().slice(0, 8)}`) {
  const made = await api.send('POST', '/groups', { as: 'ada', body: { name, members } });
  expect(made.status, made.text).toBe(201);
  return { name, path: made.headers.get('location')!.replace('/api/v1', ''), etag: made.headers.get('etag')! };
}

const told = (group: string) =>
  api.gateway.calls.filter(
    ({ name, message }) => name === 'reassess' && JSON.stringify(message).includes(JSON.stringify(group)),
  );

const setMembers = (path: string, members: string[], etag: string) =>
  api.send('PUT', `${path}/members`, { as: 'ada', body: { members }, headers: { 'if-match': etag } });

describe('a group', () => {
  test('has members in the order of their names, and any name that people write', async () => {
    const { path, name } = await makeGroup(['ben', 'anna'], 'Team 50% / “Nacht”');
    const read = await api.send('GET', path, { as: 'rita' });
    expect(read.body).toMatchObject({ name, members: ['anna', 'ben'], disabled: false, version: 1 });
    expect(read.body).not.toHaveProperty('usedBy');
    expect((await api.send('GET', path, { as: 'ada' })).body).toEqual({ ...read.body, usedBy: [] });
  });

  test('is made and changed by administrators, with users who are there', async () => {
    const body = { name: 'Wishes', members: ['anna', 'nobody-there'] };
    expect((await api.send('POST', '/groups', { as: 'rita', body })).status).toBe(403);
    const refused = await api.send('POST', '/groups', { as: 'ada', body });
    expect(refused.body).toMatchObject({ code: 'InvalidRequest', errors: [{ field: '/members/1' }] });
    expect((await api.send('GET', '/groups/Wishes', { as: 'ada' })).status).toBe(404);
    const { path, etag } = await makeGroup(['anna']);
    const changed = await setMembers(path, ['nobody-there'], etag);
    expect(changed.body.errors).toMatchObject([{ field: '/members/0' }]);
  });

  test('keeps its name for ever', async () => {
    const { name } = await makeGroup();
    const again = await api.send('POST', '/groups', { as: 'ada', body: { name } });
    expect(again.body).toMatchObject({ status: 409, code: 'NameTaken' });
  });

  test('is changed by those who saw its newest version: of several at one instant one', async () => {
    const { path, etag } = await makeGroup(['anna']);
    const answers = await Promise.all([['ben'], ['cleo'], ['olaf']].map((members) => setMembers(path, members, etag)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    const winner = answers.find(({ status }) => status === 200)!;
    const read = await api.send('GET', path, { as: 'ada' });
    expect(read.body.members).toEqual(winner.body.members);
    expect(read.headers.get('etag')).toBe(winner.headers.get('etag'));
  });

  test('is on one page of the list, once', async () => {
    await makeGroup();
    await makeGroup();
    const names: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { body } = await api.send('GET', `/groups?limit=2${next === '' ? '' : `&after=${next}`}`, { as: 'rita' });
      names.push(...body.items.map((group: { name: string }) => group.name));
      next = body.next;
    }
    expect(names).toEqual([...new Set(names)]);
    const [{ count }] = (await api.database.run('select count(*)::int as count from groups')) as [{ count: number }];
    expect(names.length).toBe(count);
  });
});

describe('the accounts that a change concerns are told', () => {
  test('of members who joined or left, not of a list that stays', async () => {
    const { path, name, etag } = await makeGroup(['anna']);
    expect(told(name)).toEqual([]);
    const changed = await setMembers(path, ['ben'], etag);
    const input = { approvers: { users: [], groups: [name] }, left: ['anna', 'ben'] };
    expect(told(name)).toMatchObject([{ message: { input } }]);
    await setMembers(path, ['ben'], changed.headers.get('etag')!);
    expect(told(name).length).toBe(1);
  });

  test('of a group that is disabled and enabled, once each', async () => {
    const { path, name } = await makeGroup(['anna']);
    const headers = { 'idempotency-key': randomUUID() };
    const first = await api.send('POST', `${path}/disable`, { as: 'ada', headers });
    expect(first.body).toMatchObject({ disabled: true, version: 2 });
    expect((await api.send('POST', `${path}/disable`, { as: 'ada', headers })).body).toEqual(first.body);
    await api.send('POST', `${path}/disable`, { as: 'ada' });
    expect(told(name).length).toBe(1);
    expect((await api.send('POST', `${path}/enable`, { as: 'ada' })).body).toMatchObject({ disabled: false });
    expect(told(name)).toMatchObject([
      { message: { input: { left: ['anna'] } } },
      { message: { input: { left: ['anna'] } } },
    ]);
  });

  test('or nothing is changed at all', async () => {
    const { path, etag } = await makeGroup(['anna']);
    api.gateway.failNext(refusal('ServiceUnavailable'));
    expect((await setMembers(path, ['ben'], etag)).status).toBe(503);
    const read = await api.send('GET', path, { as: 'ada' });
    expect(read.body).toMatchObject({ members: ['anna'], version: 1 });
    expect((await setMembers(path, ['ben'], etag)).status).toBe(200);
  });
});

describe('disabling a group tells where another one is needed', () => {
  const step = { name: 'Security', quorum: 1 };
  test.each<[string, (group: string) => TemplateParts]>([
    ['an approver', (group) => ({ approval: { steps: [{ ...step, approvers: { groups: [group] } }] } })],
    [
      'an escalation',
      (group) => ({
        approval: {
          steps: [{ ...step, approvers: { users: ['anna'] }, deadline: 'P7D', escalation: { groups: [group] } }],
        },
      }),
    ],
    ['the fallback owner', (group) => ({ ownership: { fallbackGroup: group } })],
    ['who may ask', (group) => ({ availableTo: { groups: [group] } })],
  ])('%s', async (_what, parts) => {
    const { path, name } = await makeGroup(['ben']);
    const template = await makeTemplate(api.database, sampleTemplate({ name: 'Names it', ...parts(name) }));
    const disabled = await api.send('POST', `${path}/disable`, { as: 'ada' });
    expect(disabled.body.usedBy).toEqual([{ id: template.id, version: 1, name: 'Names it' }]);
  });
});
