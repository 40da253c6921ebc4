/** An account is retired by mistake, and put back exactly as it was. */
import { whenAccount, type Account } from './api.ts';
import { describeControl, expiryOf, isEnabled, type Entry } from './directory.ts';
import {
  logOnFromVault,
  requestAndApprove,
  templateFor,
  whenActive,
  type Chapter,
  type Scene,
  type Stage,
} from './scene.ts';

const NAME = 'svc-archive';

export const undoChapter: Chapter = {
  id: 'undo',
  title: 'A retirement is undone',
  after: [],
  claims: {
    quarantined: 'Retired: disabled, without groups, in the OU for it',
    suspended: 'Its secret is out of reach, and it does not log on',
    restored: 'Undone: OU, groups, enabled bit and expiry as before',
    secret: 'The secret is back, the same one, and logs it on',
  },
  async play(scene, stage) {
    const unit = await scene.corp.makeOrganizationalUnit('Retired');
    const account = await provide(scene, unit);
    const found = await look(scene, account);
    if (found.password) scene.passwords.add(found.password);
    const retired = await retire(scene, account);
    stage.say(`its owner retired ${NAME} by mistake: it is ${retired.state}`);
    await proveQuarantine(scene, stage, retired, { unit, before: found });
    await scene.as('owner').act(account.id, 'restore');
    const isBack = ({ state }: Account): boolean => state === account.state;
    const restored = await whenAccount(scene.as('owner'), account.id, `${NAME} is back`, isBack, { timeoutMs: 60_000 });
    stage.say(`${NAME} is ${restored.state} again`);
    await proveUndone(scene, stage, restored, found);
  },
};

/** What an undo must put back, as the controller and the vault have it. */
interface Found {
  readonly entry: Entry;
  readonly object: string;
  readonly password: string | undefined;
}

async function look(scene: Scene, { secret }: Pick<Account, 'secret'>): Promise<Found> {
  const [entry = {}] = await scene.corp.find(NAME);
  const stored = await scene.vault.read(secret?.vaultPath ?? '');
  return { entry, object: describe(entry), password: stored?.password };
}

async function proveQuarantine(
  scene: Scene,
  { prove }: Stage,
  { secret: ref, retirement }: Account,
  { unit, before }: { readonly unit: string; readonly before: Found },
): Promise<void> {
  const { entry, object, password } = await look(scene, { secret: ref });
  const dn = dnOf(entry);
  const isStripped = !isEnabled(entry) && groupsOf(entry) === '' && dn.endsWith(`,${unit}`);
  prove('quarantined', isStripped, `${object}; can be undone until ${retirement?.undoUntil}`);
  const logsOn = await scene.corp.logsOn(dn, before.password ?? '');
  const secret = password === undefined ? 'nothing to read' : 'the password is still there';
  prove(
    'suspended',
    password === undefined && !logsOn,
    `${ref?.vaultPath}: ${secret}; log-on ${logsOn ? 'accepted' : 'refused'}`,
  );
}

async function proveUndone(scene: Scene, { prove }: Stage, account: Account, before: Found): Promise<void> {
  const { object, password } = await look(scene, account);
  prove('restored', object === before.object, `before: ${before.object}; after: ${object}`);
  const logOn = await logOnFromVault(scene, scene.corp, account);
  const isSame = password !== undefined && password === before.password;
  prove('secret', isSame && logOn.holds, `${isSame ? 'the same password' : 'another password'}; ${logOn.evidence}`);
}

async function provide(scene: Scene, retirementOrganizationalUnit: string): Promise<Account> {
  const template = templateFor(scene.corp, 'Archives');
  const templateId = await scene.as('administrator').makeTemplate({
    ...template,
    directory: { ...template.directory, retirementOrganizationalUnit },
    lifecycle: { ...template.lifecycle, gracePeriod: 'P30D' },
  });
  return whenActive(scene, await requestAndApprove(scene, templateId, NAME), 60_000);
}

async function retire(scene: Scene, { id }: Account): Promise<Account> {
  await scene.as('owner').act(id, 'retire');
  const isQuarantined = ({ state }: Account): boolean => state === 'quarantined';
  return whenAccount(scene.as('owner'), id, `${NAME} is in quarantine`, isQuarantined, { timeoutMs: 60_000 });
}

function describe(entry: Entry): string {
  const expires = expiryOf(entry)?.toISOString() ?? 'never';
  const groups = groupsOf(entry) || 'nothing';
  const guid = entry['objectguid']?.[0];
  return `${dnOf(entry)} (GUID ${guid}), ${describeControl(entry)}, memberOf ${groups}, accountExpires ${expires}`;
}

function dnOf(entry: Entry): string {
  return entry['dn']?.[0] ?? 'not in the directory';
}

function groupsOf(entry: Entry): string {
  return [...(entry['memberof'] ?? [])].sort().join(' ');
}
