import { describe, expect, test } from 'vitest';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { createSession, type Grant } from './session.ts';

/** A session with a clock set by hand; tokens are numbered in the order of the log-ons. */
function newSession(grants: { leaseSeconds: number; renewable?: boolean }, renewals: (Grant | undefined)[] = []) {
  const log: string[] = [];
  const clock = { ms: 0 };
  const session = createSession(
    {
      async logOn() {
        log.push('logOn');
        const token = sensitive(`token-${log.filter((entry) => entry === 'logOn').length}`);
        return { token, leaseSeconds: grants.leaseSeconds, renewable: grants.renewable ?? true };
      },
      async renew() {
        log.push('renew');
        return renewals.shift();
      },
    },
    () => clock.ms,
  );
  const use = async (atMs: number): Promise<string> => {
    clock.ms = atMs;
    return (await session.token()).reveal();
  };
  return { session, log, use };
}

const renewal = (leaseSeconds: number): Grant => ({ token: sensitive('token-1'), leaseSeconds, renewable: true });

describe('session', () => {
  test('keeps a token for two thirds of its lease, then renews it', async () => {
    const { log, use } = newSession({ leaseSeconds: 90 }, [renewal(90)]);
    expect([await use(0), await use(59_999)]).toEqual(['token-1', 'token-1']);
    expect(log).toEqual(['logOn']);
    expect(await use(60_000)).toBe('token-1');
    expect(log).toEqual(['logOn', 'renew']);
    // The lease counts anew from the renewal.
    expect(await use(119_999)).toBe('token-1');
    expect(log).toEqual(['logOn', 'renew']);
  });

  test.each([
    ['the renewal is refused', undefined],
    ['the renewal grants too little, near the maximum', renewal(44)],
  ])('logs on anew when %s', async (_case, answer) => {
    const { log, use } = newSession({ leaseSeconds: 90 }, [answer]);
    await use(0);
    expect(await use(60_000)).toBe('token-2');
    expect(log).toEqual(['logOn', 'renew', 'logOn']);
  });

  test('does not try to renew what has ended or cannot be renewed', async () => {
    const ended = newSession({ leaseSeconds: 90 });
    await ended.use(0);
    expect(await ended.use(90_000)).toBe('token-2');
    expect(ended.log).toEqual(['logOn', 'logOn']);
    const batch = newSession({ leaseSeconds: 90, renewable: false });
    await batch.use(0);
    expect(await batch.use(60_000)).toBe('token-2');
    expect(batch.log).toEqual(['logOn', 'logOn']);
  });

  test('a lease of 0 never ends', async () => {
    const { log, use } = newSession({ leaseSeconds: 0 });
    await use(0);
    await use(1e12);
    expect(log).toEqual(['logOn']);
  });

  test('logs on once for all who wait, also after a drop', async () => {
    const { session, log } = newSession({ leaseSeconds: 90 });
    const [first] = await Promise.all([session.token(), session.token(), session.token()]);
    expect(log).toEqual(['logOn']);
    session.drop(first);
    const [second] = await Promise.all([session.token(), session.token()]);
    // Whoever learns late that the first token is dead must not end the second one.
    session.drop(first);
    expect((await session.token()).reveal()).toBe(second.reveal());
    expect(log).toEqual(['logOn', 'logOn']);
  });

  test('a renewed token can still be dropped by who holds it from before', async () => {
    const { session, use } = newSession({ leaseSeconds: 90 }, [renewal(90)]);
    const before = await session.token();
    await use(60_000);
    session.drop(before);
    expect(await use(60_001)).toBe('token-2');
  });

  test('a log-on that fails is tried again by the next call', async () => {
    let attempts = 0;
    const session = createSession({
      async logOn() {
        attempts += 1;
        if (attempts === 1) throw new Error('away');
        return { token: sensitive('t'), leaseSeconds: 1, renewable: false };
      },
      renew: async () => undefined,
    });
    await expect(session.token()).rejects.toThrow('away');
    expect((await session.token()).reveal()).toBe('t');
  });
});
