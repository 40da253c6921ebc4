import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../test/support/vaults/subject.ts';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import {
  decideDiscard,
  decidePromote,
  decideRevoke,
  decideStage,
  emptyVersionId,
  givenUpVersionId,
  operationLabel,
  secretName,
  versionIdOf,
  type Decision,
  type SecretState,
} from './secret.ts';

const ACCOUNT = 'account-1';
const LOCATION = { accountId: ACCOUNT, vaultPath: 'folder/corp.example/svc-a' };
const FIRST = { ...LOCATION, operationId: 'first' };
const SECOND = { ...LOCATION, operationId: 'second' };
const EMPTY = emptyVersionId(ACCOUNT);
const [ONE, TWO] = [versionIdOf(FIRST, 0), versionIdOf(SECOND, 0)];

const request = (staged: typeof FIRST) => ({
  ...staged,
  username: 'svc-a',
  domain: 'corp.example',
  password: sensitive('password'),
});

function secret(labels: Readonly<Record<string, readonly string[]>>, changes: Partial<SecretState> = {}): SecretState {
  return { arn: 'arn', accountId: ACCOUNT, isDeleted: false, labels: new Map(Object.entries(labels)), ...changes };
}

const staged = secret({ [EMPTY]: ['AWSCURRENT'], [ONE]: ['AWSPENDING', operationLabel(FIRST)] });
const promoted = secret({ [EMPTY]: ['AWSPREVIOUS'], [ONE]: ['AWSCURRENT'] });
const changing = secret({ [ONE]: ['AWSCURRENT'], [TWO]: ['AWSPENDING', operationLabel(SECOND)] });
const changed = secret({ [ONE]: ['AWSPREVIOUS'], [TWO]: ['AWSCURRENT'] });

describe('secretName', () => {
  test.each([
    ['folder/corp.example/svc-a', 'folder/corp.example/svc-a'],
    ['folder/corp.example/svc a', 'folder/corp.example/svc=20a'],
    ['folder/corp.example/svc=20a', 'folder/corp.example/svc=3D20a'],
    ["x/o'neill", 'x/o=27neill'],
    ['x/é', 'x/=C3=A9'],
    ['x/😀', 'x/=F0=9F=98=80'],
  ])('%s', (path, name) => {
    expect(secretName(path)).toBe(name);
  });
});

test('version ids and labels are what the service takes', () => {
  for (const id of [ONE, EMPTY, givenUpVersionId(ACCOUNT)]) expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(operationLabel(FIRST)).toMatch(/^alm-[0-9a-f]{40}$/);
  expect(new Set([ONE, TWO, versionIdOf(FIRST, 1), EMPTY, givenUpVersionId(ACCOUNT)]).size).toBe(5);
});

const outcome = async (decide: () => Decision): Promise<unknown> => {
  let decision: Decision | undefined;
  const code = await codeOf(Promise.resolve().then(() => (decision = decide())));
  return code === 'none' ? decision : code;
};

describe('decisions', () => {
  test.each<[string, () => Decision, unknown]>([
    ['stage: nothing there', () => decideStage(undefined, request(FIRST)), { action: 'create' }],
    [
      'stage: just created',
      () => decideStage(secret({ [EMPTY]: ['AWSCURRENT'] }), request(FIRST)),
      { action: 'stage' },
    ],
    ['stage: staged', () => decideStage(staged, request(FIRST)), { action: 'done', versionId: ONE }],
    ['stage: promoted', () => decideStage(promoted, request(FIRST)), { action: 'done', versionId: ONE }],
    [
      'stage: scheduled for deletion',
      () => decideStage(secret({}, { isDeleted: true }), request(FIRST)),
      { action: 'restore' },
    ],
    ["stage: another's pending", () => decideStage(staged, request(SECOND)), 'VaultConflict'],
    ['stage: the last one is promoted', () => decideStage(promoted, request(SECOND)), { action: 'stage' }],
    ['stage: foreign', () => decideStage(secret({}, { accountId: 'other' }), request(FIRST)), 'VaultPathConflict'],
    [
      'stage: without a tag',
      () => decideStage(secret({}, { accountId: undefined }), request(FIRST)),
      'VaultPathConflict',
    ],
    ['promote: nothing there', () => decidePromote(undefined, FIRST), 'VaultSecretMissing'],
    [
      'promote: staged',
      () => decidePromote(staged, FIRST),
      { action: 'move', label: 'AWSCURRENT', to: ONE, from: EMPTY },
    ],
    [
      'promote: moved, still marked',
      () => decidePromote(secret({ [ONE]: ['AWSCURRENT', operationLabel(FIRST)] }), FIRST),
      { action: 'unlabel', label: operationLabel(FIRST), from: ONE },
    ],
    ['promote: promoted', () => decidePromote(promoted, FIRST), { action: 'done', versionId: ONE }],
    ['promote: superseded', () => decidePromote(changed, FIRST), 'VaultSecretMissing'],
    [
      'promote: superseded, still marked',
      () => decidePromote(secret({ [ONE]: ['AWSPREVIOUS', operationLabel(FIRST)], [TWO]: ['AWSCURRENT'] }), FIRST),
      'VaultSecretMissing',
    ],
    [
      'promote: scheduled for deletion',
      () => decidePromote({ ...staged, isDeleted: true }, FIRST),
      'VaultSecretMissing',
    ],
    ['discard: nothing there', () => decideDiscard(undefined, FIRST), { action: 'nothing' }],
    ['discard: staged', () => decideDiscard(staged, FIRST), { action: 'unlabel', label: 'AWSPENDING', from: ONE }],
    [
      'discard: one label left',
      () => decideDiscard(secret({ [EMPTY]: ['AWSCURRENT'], [ONE]: [operationLabel(FIRST)] }), FIRST),
      { action: 'unlabel', label: operationLabel(FIRST), from: ONE },
    ],
    [
      'discard: no password left',
      () => decideDiscard(secret({ [EMPTY]: ['AWSCURRENT'] }), FIRST),
      { action: 'give-up', from: EMPTY },
    ],
    [
      'discard: given up',
      () => decideDiscard(secret({ [givenUpVersionId(ACCOUNT)]: ['AWSCURRENT'] }), FIRST),
      { action: 'remove' },
    ],
    ['discard: promoted', () => decideDiscard(promoted, FIRST), { action: 'nothing' }],
    [
      'discard: the second of two',
      () => decideDiscard(changing, SECOND),
      { action: 'unlabel', label: 'AWSPENDING', from: TWO },
    ],
    ["discard: another's pending", () => decideDiscard(staged, SECOND), { action: 'nothing' }],
    ['discard: foreign', () => decideDiscard({ ...staged, accountId: 'other' }, FIRST), { action: 'nothing' }],
    ['revoke: nothing there', () => decideRevoke(undefined, LOCATION), { action: 'nothing' }],
    ['revoke: ours', () => decideRevoke(promoted, LOCATION), { action: 'remove' }],
    ['revoke: foreign', () => decideRevoke({ ...promoted, accountId: 'other' }, LOCATION), 'VaultPathConflict'],
  ])('%s', async (_case, decide, expected) => {
    expect(await outcome(decide)).toEqual(expected);
  });
});
