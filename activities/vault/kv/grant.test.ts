import { expect, test } from 'vitest';
import { parseGrant } from './grant.ts';

test('parseGrant takes what a log-on grants and nothing else', () => {
  const auth = { client_token: 's.1', lease_duration: 3600, renewable: true };
  expect(parseGrant({ auth })).toMatchObject({ leaseSeconds: 3600, renewable: true });
  expect(parseGrant({ auth })?.token.reveal()).toBe('s.1');
  for (const body of [{}, { auth: null }, { auth: { ...auth, client_token: 1 } }]) {
    expect(parseGrant(body)).toBeUndefined();
  }
});
