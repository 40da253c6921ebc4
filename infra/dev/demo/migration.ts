/** Twenty accounts are moved to the new version of their template, a shorter interval and an earlier end; one refuses. */
import type { z } from 'zod';
import type { migrationItemSchema, migrationSchema } from '../../../contracts/http/migrations.ts';
import { eventually } from '../eventually.ts';
import { whenAccount, type Account } from './api.ts';
import { expiryOf } from './directory.ts';
import { requestAndApprove, templateFor, whenActive, type Chapter, type Scene, type Stage } from './scene.ts';

const ACCOUNTS = 20;
const HALF_A_YEAR = 'P180D';
/** So few that progress can be seen. */
const PER_MINUTE = 240;

type Item = z.infer<typeof migrationItemSchema>;
type Migration = z.infer<typeof migrationSchema>;

export const migrationChapter: Chapter = {
  id: 'migration',
  title: 'Twenty accounts are moved to another version of their template',
  after: [],
  claims: {
    preview: 'The preview says what would change, and what refuses and why',
    progress: 'One that refuses does not stop the others',
    moved: 'Moved accounts have the new end date in the directory too',
    again: 'Asked for again, nothing is left to change',
  },
  async play(scene, stage) {
    const { templateId, accounts } = await fleet(scene, stage);
    const endsAt = midnightIn(90).toISOString();
    const changes = { templateId, interval: HALF_A_YEAR, endsAt };
    const selection = { accounts: accounts.map(({ id }) => id), changes };
    const before = await preview(scene, selection);
    const refused = before.filter(({ outcome }) => outcome === 'refused');
    const moving = before.filter(({ outcome }) => outcome === 'would-change');
    stage.prove(
      'preview',
      moving.length === ACCOUNTS - 1 && refused.length === 1,
      `${describeChanges(moving[0])}, so for ${moving.length}; ${describeRefusal(refused[0])}`,
    );
    stage.say(`preview: ${moving.length} would change, ${refused.length} refuses: ${refused[0]?.code}`);
    const { seen, end } = await migrate(scene, stage, selection);
    stage.prove(
      'progress',
      end.state === 'completed' && end.migrated === ACCOUNTS - 1 && end.refused === 1,
      `${end.migrated} migrated, ${end.refused} refused; on the way ${seen.join(', ')} of ${end.total}`,
    );
    await lookAtMoved(
      scene,
      stage,
      accounts.find(({ id }) => id === moving[0]?.accountId)!,
      endsAt,
    );
    const after = await preview(scene, selection);
    const unchanged = after.filter(({ outcome }) => outcome === 'unchanged').length;
    stage.prove('again', unchanged === ACCOUNTS - 1, `preview of the same migration: ${unchanged} unchanged`);
  },
};

/** Twenty yearly accounts, one of them disabled, and a new version of their template. */
async function fleet(scene: Scene, { say }: Stage): Promise<{ templateId: string; accounts: Account[] }> {
  const template = templateFor(scene.corp, 'Vehicles');
  const administrator = scene.as('administrator');
  const templateId = await administrator.makeTemplate(template);
  const names = Array.from({ length: ACCOUNTS }, (_, index) => `svc-van-${String(index + 1).padStart(2, '0')}`);
  const provided = names.map(async (name) =>
    whenActive(scene, await requestAndApprove(scene, templateId, name), 120_000),
  );
  const accounts = await Promise.all(provided);
  say(`${accounts.length} accounts are active, each for a year`);
  const [parked] = accounts;
  const isDisabled = ({ state }: Account): boolean => state === 'disabled';
  await scene.as('owner').act(parked!.id, 'disable');
  await whenAccount(scene.as('owner'), parked!.id, 'it is disabled', isDisabled, { timeoutMs: 30_000 });
  const lifecycle = { ...template.lifecycle, intervals: ['P1Y', HALF_A_YEAR] };
  await administrator.changeTemplate(templateId, { ...template, lifecycle });
  say(`the owner disabled ${parked!.samAccountName}; the template has a version 2, which offers ${HALF_A_YEAR} too`);
  return { templateId, accounts };
}

async function preview(scene: Scene, selection: object): Promise<Item[]> {
  return (await scene.as('administrator').ask<{ items: Item[] }>('POST', '/migrations/preview', selection)).items;
}

/** Runs the migration to its end; answers how many were done at the moments of looking, too. */
async function migrate(
  scene: Scene,
  { say }: Stage,
  selection: object,
): Promise<{ seen: readonly number[]; end: Migration }> {
  const administrator = scene.as('administrator');
  const order = { ...selection, perMinute: PER_MINUTE };
  const { id } = await administrator.ask<Migration>('POST', '/migrations', order);
  const seen = new Set<number>();
  const look = async (): Promise<Migration | undefined> => {
    const migration = await administrator.ask<Migration>('GET', `/migrations/${id}`);
    if (migration.state === 'completed') return migration;
    seen.add(migration.done);
    return undefined;
  };
  const end = await eventually('the migration is done', look, { timeoutMs: 90_000, intervalMs: 1_000 });
  say(`the migration is ${end.state}: ${end.migrated} migrated, ${end.refused} refused`);
  return { seen: [...seen], end };
}

async function lookAtMoved(scene: Scene, { prove }: Stage, before: Account, endsAt: string): Promise<void> {
  const { samAccountName } = before;
  const now = await scene.as('owner').account(before.id);
  const [entry] = await scene.corp.find(samAccountName);
  const expires = expiryOf(entry ?? {})?.toISOString();
  prove(
    'moved',
    now.templateVersion === 2 && now.interval === HALF_A_YEAR && now.endsAt === endsAt && expires === endsAt,
    `${samAccountName}: version ${now.templateVersion}, ${now.interval}; end date ${before.endsAt} → ${now.endsAt}; accountExpires ${expires}`,
  );
}

/** 00:00 UTC so many days from now. */
function midnightIn(days: number): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days));
}

function describeChanges(item: Item | undefined): string {
  const changes = item?.changes.map(({ field, from, to }) => `${field} ${from} → ${to}`) ?? [];
  return `${item?.samAccountName}: ${changes.join(', ')}`;
}

function describeRefusal(item: Item | undefined): string {
  return `${item?.samAccountName} refuses, ${item?.code}: "${item?.message}"`;
}
