import { describe, expect, it } from 'vitest';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import type { LdapConnection } from './connection.ts';
import { createControllers, type Controllers } from './controllers.ts';
import { resultError, transportError } from './ldap-error.ts';

interface FakeNetwork {
  readonly controllers: Controllers;
  readonly opened: string[];
  readonly down: Set<string>;
  readonly destroyed: () => number;
  advance(ms: number): void;
  /** Makes every bind fail with this error. */
  refuse(error: Error | undefined): void;
}

const A = 'ldaps://a';
const B = 'ldaps://b';

function fakeNetwork(writes: string[] = []): FakeNetwork {
  const opened: string[] = [];
  const down = new Set<string>();
  let destroyed = 0;
  let now = 0;
  let refusal: Error | undefined;
  const open = async (url: string): Promise<LdapConnection> => {
    opened.push(url);
    await Promise.resolve();
    if (down.has(url)) throw transportError('bind', 'ECONNREFUSED');
    if (refusal) throw refusal;
    let alive = true;
    const call = async (name: string): Promise<void> => {
      if (down.has(url)) {
        alive = false;
        throw transportError(name, 'ECONNRESET');
      }
      writes.push(`begin ${name}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      writes.push(`end ${name}`);
    };
    return {
      isUsable: () => alive,
      add: (dn) => call(dn),
      modify: (dn) => call(dn),
      modifyDn: (dn) => call(dn),
      delete: (dn) => call(dn),
      search: async () => (await call('search'), []),
      destroy: () => void (destroyed += 1),
    };
  };
  const controllers = createControllers({
    urls: [A, B],
    identity: { name: 'CN=engine', password: sensitive('x') },
    open,
    idleLimitMs: 1000,
    rejectionHoldMs: 5000,
    now: () => now,
  });
  return {
    controllers,
    opened,
    down,
    destroyed: () => destroyed,
    advance: (ms) => void (now += ms),
    refuse: (error) => void (refusal = error),
  };
}

const urlOf = ({ controllers }: FakeNetwork, preferred?: string): Promise<string> =>
  controllers.operate(async (controller) => (await controller.delete('x'), controller.url), preferred);

describe('an operation', () => {
  it('goes to the next controller when one does not answer, and stays there', async () => {
    const network = fakeNetwork();
    expect(await urlOf(network)).toBe(A);
    network.down.add(A);
    expect(await urlOf(network)).toBe(B);
    network.down.delete(A);
    expect(await urlOf(network)).toBe(B);
    expect(await urlOf(network, A)).toBe(A);
  });

  it('begins anew on the next controller, not in the middle', async () => {
    const network = fakeNetwork();
    const steps: string[] = [];
    await network.controllers.operate(async (controller) => {
      steps.push(`first on ${controller.url}`);
      await controller.add('x', []);
      if (controller.url === A) network.down.add(A);
      await controller.add('y', []);
      steps.push(`done on ${controller.url}`);
    });
    expect(steps).toEqual([`first on ${A}`, `first on ${B}`, `done on ${B}`]);
  });

  it('fails as the first controller did when none answers', async () => {
    const network = fakeNetwork();
    network.down.add(A).add(B);
    await expect(urlOf(network)).rejects.toMatchObject({ transport: 'ECONNREFUSED' });
    expect(network.opened).toEqual([A, B]);
  });

  it('does not go elsewhere with an answer that the server meant', async () => {
    const network = fakeNetwork();
    const denied = resultError('add', 50, '');
    await expect(network.controllers.operate(() => Promise.reject(denied))).rejects.toBe(denied);
    expect(network.opened).toEqual([]);
  });

  it('is repeated once after "other"', async () => {
    let runs = 0;
    const other = resultError('add', 80, '');
    const work = async (): Promise<void> => {
      runs += 1;
      throw other;
    };
    await expect(fakeNetwork().controllers.operate(work)).rejects.toBe(other);
    expect(runs).toBe(2);
  });
});

describe('a connection', () => {
  it('is opened once for many callers, and writes go one after the other', async () => {
    const writes: string[] = [];
    const network = fakeNetwork(writes);
    const names = ['a', 'b', 'c'];
    await Promise.all(names.map((name) => network.controllers.operate((controller) => controller.delete(name))));
    expect(network.opened).toEqual([A]);
    expect(writes).toEqual(names.flatMap((name) => [`begin ${name}`, `end ${name}`]));
  });

  it('is replaced after it idled or broke', async () => {
    const network = fakeNetwork();
    await urlOf(network);
    network.advance(900);
    await urlOf(network);
    network.advance(1100);
    await urlOf(network);
    expect(network.opened).toEqual([A, A]);
    expect(network.destroyed()).toBe(1);
    network.down.add(A).add(B);
    await expect(urlOf(network)).rejects.toThrow();
    network.down.clear();
    await urlOf(network);
    expect(network.opened).toEqual([A, A, B, A]);
  });

  it('is not asked for again for a while after a wrong password, on no controller', async () => {
    const network = fakeNetwork();
    const wrong = resultError('bind', 49, 'data 52e');
    network.refuse(wrong);
    for (let round = 0; round < 3; round += 1) await expect(urlOf(network)).rejects.toBe(wrong);
    expect(network.opened).toEqual([A]);
    network.advance(5001);
    network.refuse(undefined);
    expect(await urlOf(network)).toBe(A);
  });
});
