/** Freeze and brake: whether something destructive may begin. Only a platform activity calls it. */
import { and, eq, isNull, or } from 'drizzle-orm';
import type { Database } from './client.ts';
import { tellOfBrake } from './fill-outbox.ts';
import { destructiveStepsInHour } from './queries/domains.ts';
import type { FreezeRow } from './queries/freezes.ts';
import { destructiveSteps } from './schema/destructive-steps.ts';
import { domains } from './schema/domains.ts';
import { freezes } from './schema/freezes.ts';

export interface DestructiveStep {
  readonly accountId: string;
  readonly domain: string;
  readonly templateId: string;
  readonly step: 'end-of-life' | 'retirement' | 'deletion';
  /** ISO 8601 UTC. Account, step and occasion together are one admission. */
  readonly occasion: string;
}

export type Admission =
  | { readonly outcome: 'admitted' | 'domain-missing' }
  | { readonly outcome: 'frozen'; readonly freeze: FreezeRow }
  | { readonly outcome: 'brake-engaged'; readonly since: string; readonly brakePerHour: number };

/**
 * Lets the step begin at `now`, and not much later: asked again, it is weighed again, and counted once, as of the last time.
 * Held back by a freeze of the domain or the template, and by the brake, which the first step too many within an hour
 * engages until somebody releases it. Steps of one domain are counted one after the other; those that are frozen wait for
 * nobody.
 */
export async function admitDestructiveStep(db: Database, step: DestructiveStep, now: string): Promise<Admission> {
  const freeze = await findFreezeOf(db, step);
  if (freeze) return { outcome: 'frozen', freeze };
  return db.transaction((transaction) => passBrake(transaction, step, now));
}

async function passBrake(transaction: Database, step: DestructiveStep, now: string): Promise<Admission> {
  const { accountId, domain, occasion } = step;
  const isDomain = eq(domains.fqdn, domain);
  const [found] = await transaction.query((drizzle) => drizzle.select().from(domains).where(isDomain).for('update'));
  if (!found) return { outcome: 'domain-missing' };
  const { brakePerHour, brakeEngagedAt } = found;
  if (brakeEngagedAt !== null) return { outcome: 'brake-engaged', since: brakeEngagedAt, brakePerHour };
  if ((await destructiveStepsInHour(transaction, found, now, step)) >= brakePerHour) {
    await transaction.query((drizzle) => drizzle.update(domains).set({ brakeEngagedAt: now }).where(isDomain));
    await tellOfBrake(transaction, { domain, brakePerHour }, now);
    return { outcome: 'brake-engaged', since: now, brakePerHour };
  }
  const { accountId: account, step: of, occasion: when } = destructiveSteps;
  const admission = { accountId, step: step.step, occasion, domain, at: now };
  await transaction.query((drizzle) =>
    drizzle
      .insert(destructiveSteps)
      .values(admission)
      .onConflictDoUpdate({ target: [account, of, when], set: { at: now } }),
  );
  return { outcome: 'admitted' };
}

async function findFreezeOf(db: Database, { domain, templateId }: DestructiveStep): Promise<FreezeRow | undefined> {
  const concerns = or(
    and(eq(freezes.scope, 'domain'), eq(freezes.subject, domain)),
    and(eq(freezes.scope, 'template'), eq(freezes.subject, templateId)),
  );
  const rows = await db.query((drizzle) =>
    drizzle
      .select()
      .from(freezes)
      .where(and(isNull(freezes.thawedAt), concerns))
      .limit(1),
  );
  return rows[0];
}
