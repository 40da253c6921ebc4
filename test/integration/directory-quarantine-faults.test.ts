/** Every call of a quarantine and of its undo cut off once, and somebody who meddles: afterwards, all of it or a good reason. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createActiveDirectory,
  openConnectionFor,
} from '../../activities/directory/active-directory/active-directory.ts';
import type { OpenConnection } from '../../activities/directory/active-directory/connection.ts';
import { guidDn } from '../../activities/directory/active-directory/encodings.ts';
import type { Directory } from '../../activities/directory/port.ts';
import type { CapturedObject } from '../../contracts/account.ts';
import type { AccountObjectInput } from '../../contracts/activities.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import {
  attempt,
  codeOf,
  makeGroup,
  makeOu,
  newPassword,
  newTask,
  openDirectoryFixture,
  photograph,
  refTo,
  see,
  text,
  type DirectoryFixture,
} from '../support/directory-fixture.ts';
import { createFaults, MOMENTS, type Moment } from '../support/faults.ts';

let fixture: DirectoryFixture;
let directory: Directory;
let groups: string[];
let retirementOu: string;
let open: OpenConnection;

beforeAll(async () => {
  fixture = await openDirectoryFixture();
  directory = createActiveDirectory(fixture.config);
  open = openConnectionFor(fixture.config);
  groups = [await makeGroup(fixture), await makeGroup(fixture)];
  retirementOu = await makeOu(fixture);
});

afterAll(() => {
  directory?.close();
  fixture?.admin.destroy();
});

interface Life {
  readonly ref: AccountObjectInput;
  readonly base: string;
  readonly captured: CapturedObject;
  readonly before: Record<string, string[]>;
}

async function begin(): Promise<Life> {
  const task = newTask(fixture, { groups });
  const { objectGuid } = await directory.establish(task, sensitive(newPassword()), attempt);
  const ref = refTo(task, objectGuid);
  const base = guidDn(objectGuid);
  return { ref, base, captured: await directory.capture(ref, attempt), before: await photograph(fixture, base) };
}

const quarantine = (over: Directory, { ref }: Life): Promise<unknown> =>
  over.quarantine({ ...ref, retirementOrganizationalUnit: retirementOu }, attempt);
const restore = (over: Directory, { ref, captured }: Life): Promise<unknown> =>
  over.restore({ ...ref, captured }, attempt);

async function expectPutAway({ base, ref }: Life): Promise<void> {
  const seen = await see(fixture, base);
  expect(seen!.dn).toBe(`CN=${ref.samAccountName},${retirementOu}`);
  expect(text(seen, 'memberOf')).toBeUndefined();
  expect(Number(text(seen, 'userAccountControl')) & 2).toBe(2);
}

describe('a call that is cut off', () => {
  /** Far more than an operation makes; the loop ends at the first index that is not reached. */
  const MOST_CALLS = 60;

  /** Cuts call after call of `work` on a fresh life each, tries again on another engine, and looks. */
  async function cutEverywhere(
    moment: Moment,
    prepare: () => Promise<Life>,
    work: (over: Directory, life: Life) => Promise<unknown>,
    look: (life: Life) => Promise<void>,
  ): Promise<string[]> {
    const cases: string[] = [];
    for (let index = 0; index < MOST_CALLS; index += 1) {
      const life = await prepare();
      const faults = createFaults({ outageMs: Infinity });
      const dying = createActiveDirectory(fixture.config, { openConnection: faults.openConnection(open) });
      faults.begin({ index, moment });
      const outcome = await codeOf(work(dying, life));
      dying.close();
      if (faults.wasCut()) {
        cases.push(faults.calls[index]!);
        if (moment !== 'after') expect(outcome).toBe('DirectoryUnavailable');
        await work(directory, life);
      }
      await look(life);
      await directory.delete(life.ref, attempt);
      if (!faults.wasCut()) return cases;
    }
    throw new Error('the operation makes more calls than the test expects');
  }

  it.each(MOMENTS)('%s its effect never keeps a quarantine from its end', { timeout: 300_000 }, async (moment) => {
    const cases = await cutEverywhere(moment, begin, quarantine, expectPutAway);
    expect(cases).toContain('ldap modifyDn');
    expect(cases.length).toBeGreaterThanOrEqual(12);
  });

  it.each(MOMENTS)('%s its effect never keeps an undo from its end', { timeout: 300_000 }, async (moment) => {
    const prepare = async (): Promise<Life> => {
      const life = await begin();
      await quarantine(directory, life);
      return life;
    };
    const cases = await cutEverywhere(moment, prepare, restore, async ({ base, before }) => {
      expect(await photograph(fixture, base)).toEqual(before);
    });
    expect(cases).toContain('ldap modifyDn');
    expect(cases.length).toBeGreaterThanOrEqual(15);
  });

  it.each(MOMENTS)(
    '%s its effect: a quarantine cut anywhere can be undone at once',
    { timeout: 300_000 },
    async (moment) => {
      for (let index = 0; index < MOST_CALLS; index += 1) {
        const life = await begin();
        const faults = createFaults({ outageMs: Infinity });
        const dying = createActiveDirectory(fixture.config, { openConnection: faults.openConnection(open) });
        faults.begin({ index, moment });
        await codeOf(quarantine(dying, life));
        dying.close();
        await restore(directory, life);
        expect(await photograph(fixture, life.base)).toEqual(life.before);
        await directory.delete(life.ref, attempt);
        if (!faults.wasCut()) return;
      }
    },
  );
});

describe('somebody who takes the object over', () => {
  /** Connections where somebody acts once, right before the nth write. */
  const meddled = (nth: number, meddle: () => Promise<unknown>): OpenConnection => {
    let writes = 0;
    const first = async (): Promise<void> => {
      writes += 1;
      if (writes === nth) await meddle();
    };
    return async (url, identity) => {
      const connection = await open(url, identity);
      return {
        ...connection,
        modify: async (...args) => (await first(), connection.modify(...args)),
        modifyDn: async (...args) => (await first(), connection.modifyDn(...args)),
      };
    };
  };

  // The writes of a quarantine: disable, a group, a group, the proof of the mark; the move itself cannot be guarded.
  it.each([1, 2, 3, 4])('before write %i keeps it where it is', async (nth) => {
    const life = await begin();
    const takeOver = () =>
      fixture.admin.modify(life.base, [{ operation: 'replace', type: 'info', values: ['mine now'] }]);
    const over = createActiveDirectory(fixture.config, { openConnection: meddled(nth, takeOver) });
    const outcome = await codeOf(quarantine(over, life));
    over.close();
    expect(['DirectoryReadBackMismatch', 'DirectoryObjectForeign']).toContain(outcome);
    expect(await codeOf(quarantine(directory, life))).toBe('DirectoryObjectForeign');
    expect((await see(fixture, life.base))!.dn).toBe(life.before['dn']![0]);
    await fixture.admin.delete(life.base);
  });
});
