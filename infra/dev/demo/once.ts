/** Whether the notices of an account's last period are what they should be, each once for each address. */
import type { Account, Notice } from './api.ts';
import type { Scene, Stage } from './scene.ts';

/** What the last period of svc-report brings, in milliseconds before its end: its template says so. */
const EXPECTED: readonly (readonly [Notice['kind'], number])[] = [
  ['renewal-opened', 25_000],
  ['renewal-reminder', 15_000],
  ['renewal-reminder', 5_000],
  ['ended', 0],
];

type Told = Pick<Notice, 'kind' | 'dueAt' | 'address'>;

/** Compares the outbox with what was due in the last period, to every address of its owners. */
export async function proveOnce(scene: Scene, { prove }: Stage, { id }: Account): Promise<void> {
  const administrator = scene.as('administrator');
  const { endsAt, owners } = await administrator.account(id);
  const notices = await administrator.notices(id);
  const people = owners.map(async (name) => administrator.ask<{ emails: string[] }>('GET', `/users/${name}`));
  const addresses = (await Promise.all(people)).flatMap(({ emails }) => emails);
  const { twice, missing } = compareNotices(notices, endsAt!, addresses);
  const times = EXPECTED.map(([kind, beforeMs]) => `${kind} ${before(endsAt!, beforeMs)}`).join(', ');
  const counts = `${notices.length} notices, ${twice.length} twice, ${missing.length} missing`;
  prove(
    'once',
    twice.length === 0 && missing.length === 0,
    `${counts}; of the last period, to ${addresses.join(', ')}: ${times}`,
  );
}

/** The notices that are there more than once, and those of the period up to `endsAt` that are not there. */
export function compareNotices(
  notices: readonly Told[],
  endsAt: string,
  addresses: readonly string[],
): { readonly twice: string[]; readonly missing: string[] } {
  const keys = notices.map(({ kind, dueAt, address }) => `${kind} ${dueAt} ${address}`);
  const wanted = addresses.flatMap((address) =>
    EXPECTED.map(([kind, beforeMs]) => `${kind} ${before(endsAt, beforeMs)} ${address}`),
  );
  return {
    twice: keys.filter((key, index) => keys.indexOf(key) !== index),
    missing: wanted.filter((key) => !keys.includes(key)),
  };
}

function before(endsAt: string, ms: number): string {
  return new Date(Date.parse(endsAt) - ms).toISOString();
}
