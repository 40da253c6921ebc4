import { describe, expect, test } from 'vitest';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import { decideDiscard, decidePromote, decideRevoke, decideStage, parseSecret, passwordOf } from './secret.ts';

const REQUEST = {
  accountId: 'account-1',
  operationId: 'op-1',
  vaultPath: 'folder/corp.example/svc-a',
  username: 'svc-a',
  domain: 'corp.example',
  password: sensitive('new'),
};
const PENDING = { password_pending: 'p', alm_pending_operation_id: 'op-1', alm_account_id: 'account-1' };
const CURRENT = { password: 'c', alm_operation_id: 'op-1', alm_account_id: 'account-1' };

/** What is there, as the vault answers. */
function found(data: object | null, markedFor: string | null = 'account-1', version = 4) {
  const custom_metadata = markedFor === null ? null : { alm_account_id: markedFor, team: 'x' };
  return parseSecret({ data: { data, metadata: { version, custom_metadata } } });
}
const NOTHING = parseSecret({ errors: [] });
const DELETED = found(null);

describe('parseSecret', () => {
  test('nothing, a deleted version, and passwords with their operations', () => {
    expect(NOTHING).toMatchObject({ version: 0, exists: false, markedFor: undefined });
    expect(DELETED).toMatchObject({ version: 4, exists: false, markedFor: 'account-1' });
    const state = found({ ...PENDING, ...CURRENT, alm_operation_id: 'op-0' });
    expect(passwordOf(state, 'op-1')?.reveal()).toBe('p');
    expect(passwordOf(state, 'op-0')?.reveal()).toBe('c');
    expect(passwordOf(state, 'op-2')).toBeUndefined();
    expect(JSON.stringify(state)).not.toMatch(/"[pc]"/);
  });

  test('whatever else is there does not break it', () => {
    for (const body of [
      {},
      { data: null },
      { data: { data: 'text', metadata: 7 } },
      { data: { data: { password: 1 } } },
    ]) {
      expect(parseSecret(body)).toMatchObject({ version: 0, current: undefined, pending: undefined });
    }
  });
});

describe('decisions', () => {
  test('stage', () => {
    expect(decideStage(NOTHING, REQUEST)).toMatchObject({ action: 'replace' });
    expect(decideStage(DELETED, REQUEST)).toMatchObject({ action: 'replace' });
    expect(decideStage(found(null, null), REQUEST)).toMatchObject({ action: 'replace' });
    expect(decideStage(found(PENDING), REQUEST)).toEqual({ action: 'keep' });
    expect(decideStage(found(CURRENT), REQUEST)).toEqual({ action: 'keep' });
    const next = { ...REQUEST, operationId: 'op-2' };
    expect(decideStage(found(CURRENT), next)).toMatchObject({ action: 'patch', fields: { password_pending: 'new' } });
    expect(() => decideStage(found(PENDING), next)).toThrow('Another change');
  });

  test('promote moves the password that was read, not one that comes with the call', () => {
    expect(decidePromote(found(PENDING), REQUEST)).toEqual({
      action: 'patch',
      fields: {
        password: 'p',
        alm_operation_id: 'op-1',
        password_pending: null,
        alm_pending_operation_id: null,
      },
    });
    expect(decidePromote(found(CURRENT), REQUEST)).toEqual({ action: 'keep' });
    for (const state of [NOTHING, DELETED, found({ ...PENDING, alm_pending_operation_id: 'op-2' })]) {
      expect(() => decidePromote(state, REQUEST)).toThrow('no longer in the vault');
    }
  });

  test('discard removes a secret only when it has no password left', () => {
    expect(decideDiscard(found(PENDING), REQUEST)).toMatchObject({ action: 'patch', thenLookAgain: true });
    expect(decideDiscard(found({ alm_account_id: 'account-1' }), REQUEST)).toEqual({ action: 'remove' });
    expect(decideDiscard(DELETED, REQUEST)).toEqual({ action: 'remove' });
    for (const state of [NOTHING, found(CURRENT), found({ ...PENDING, alm_pending_operation_id: 'op-2' })]) {
      expect(decideDiscard(state, REQUEST)).toEqual({ action: 'keep' });
    }
  });

  test('revoke removes ours, deleted or not', () => {
    for (const state of [found(PENDING), found(CURRENT), DELETED]) {
      expect(decideRevoke(state, REQUEST)).toEqual({ action: 'remove' });
    }
    expect(decideRevoke(NOTHING, REQUEST)).toEqual({ action: 'keep' });
    expect(decideRevoke(found(null, null), REQUEST), 'a stranger gave it up: not ours to remove').toEqual({
      action: 'keep',
    });
  });

  test('a secret whose marker was edited away is still ours by its mark, and by nothing else', () => {
    expect(decideRevoke(found({ password: 'typed by hand' }), REQUEST)).toEqual({ action: 'remove' });
    expect(() => decideRevoke(found({ password: 'typed by hand' }, null), REQUEST)).toThrow(
      'belongs to something else',
    );
  });

  test.each([
    ['no marker', found({ password: 'x' }, null)],
    ['the marker of another account', found({ ...CURRENT, alm_account_id: 'account-2' }, null)],
    ['its data says one account, its mark another', found({ ...CURRENT, alm_account_id: 'account-2' })],
    ['deleted, with the mark of another account', found(null, 'account-2')],
    ['without any password, such as a key of somebody else', found({ apikey: 'x' }, null)],
  ])('foreign: %s', (_case, state) => {
    expect(() => decideStage(state, REQUEST)).toThrow('belongs to something else');
    expect(() => decidePromote(state, REQUEST)).toThrow('belongs to something else');
    expect(() => decideRevoke(state, REQUEST)).toThrow('belongs to something else');
    expect(decideDiscard(state, REQUEST)).toEqual({ action: 'keep' });
  });
});
