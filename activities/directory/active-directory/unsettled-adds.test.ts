import { describe, expect, it } from 'vitest';
import { createUnsettledAdds } from './unsettled-adds.ts';

describe('unsettled adds', () => {
  it('are known until they are settled or replication has had its time', () => {
    let now = 0;
    const adds = createUnsettledAdds(100, () => now);
    adds.note('a', { controller: 'ldaps://1', at: 0 });
    adds.note('b', { controller: 'ldaps://2', at: 0 });
    expect(adds.find('a')?.controller).toBe('ldaps://1');
    adds.settle('a');
    expect(adds.find('a')).toBeUndefined();
    now = 100;
    expect(adds.find('b')).toBeDefined();
    now = 101;
    expect(adds.find('b')).toBeUndefined();
  });

  it('follow the newest add, whichever is told last', () => {
    const adds = createUnsettledAdds(100, () => 10);
    adds.note('a', { controller: 'ldaps://new', at: 9 });
    adds.note('a', { controller: 'ldaps://old', at: 5 });
    expect(adds.find('a')).toEqual({ controller: 'ldaps://new', at: 9 });
  });
});
