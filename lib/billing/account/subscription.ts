import { and, asc, eq, getTableColumns, gt, isNull, lte, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { billingAccounts, customers, merchants, platforms, subscriptions, tiers } from '@/db/schema';
import { type Account, ofAccount, openAccount } from '@/lib/billing/accounts';
import { type Actor, record } from '@/lib/billing/audit';
import { findRecipient, queueEmail } from '@/lib/billing/notices';
import { getTier, type TierRow } from '@/lib/billing/plans/tiers';
import { LIVE } from '@/lib/billing/statuses';
import { DomainError } from '@/lib/errors';
import { addDays } from '@/lib/time';
import { grantMonth, makeCurrent } from './current';

export type SubscriptionRow = typeof subscriptions.$inferSelect;

/** The subscription that counts for an account, with its tier; null for a pair that never had one. */
export type CurrentSubscription = SubscriptionRow & {
  tier: TierRow;
  pendingTier: { code: string; name: string } | null;
};

/** 409: the merchant had its trial on this platform, or another merchant with its VAT number had. */
export class TrialUsed extends DomainError {
  constructor() {
    super('conflict', 'trial_already_used');
  }
}

/** Reads the current subscription of an account. One statement. */
export async function findCurrentSubscription(db: Db, account: Account): Promise<CurrentSubscription | null> {
  const pending = db
    .$with('pending')
    .as(db.select({ id: tiers.id, code: tiers.code, name: tiers.name }).from(tiers));
  const [row] = await db
    .with(pending)
    .select({
      subscription: subscriptions,
      tier: tiers,
      pendingTier: { code: pending.code, name: pending.name },
    })
    .from(subscriptions)
    .innerJoin(tiers, eq(tiers.id, subscriptions.tierId))
    .leftJoin(pending, eq(pending.id, subscriptions.pendingTierId))
    .where(and(ofAccount(subscriptions, account), eq(subscriptions.isCurrent, true)));
  return row ? { ...row.subscription, tier: row.tier, pendingTier: row.pendingTier } : null;
}

/** The current subscriptions of a merchant with their tiers, one per platform. */
export const listCurrentSubscriptions = (db: Db, merchantId: string) =>
  db
    .select({ ...getTableColumns(subscriptions), tier: tiers })
    .from(subscriptions)
    .innerJoin(tiers, eq(tiers.id, subscriptions.tierId))
    .where(and(eq(subscriptions.merchantId, merchantId), eq(subscriptions.isCurrent, true)));

/** Whose subscription it is, and on which platform; null when it is not, or no longer, a current one. */
export async function findHolder(db: Db, subscriptionId: string) {
  const [row] = await db
    .select({ merchant: merchants, platform: platforms })
    .from(subscriptions)
    .innerJoin(merchants, eq(merchants.id, subscriptions.merchantId))
    .innerJoin(platforms, eq(platforms.id, subscriptions.platformId))
    .where(and(eq(subscriptions.id, subscriptionId), eq(subscriptions.isCurrent, true)));
  return row ?? null;
}

/** True when Stripe has it and it lives, paid or not: then a second base subscription may not be bought. */
export function livesAtStripe(row: Pick<SubscriptionRow, 'stripeSubscriptionId' | 'status'> | null): boolean {
  return row?.stripeSubscriptionId != null && LIVE.includes(row.status);
}

/** True while the local trial runs. */
export function isLocalTrial(
  row: Pick<SubscriptionRow, 'stripeSubscriptionId' | 'status' | 'trialEnd'> | null,
  now: Date,
): boolean {
  return (
    row !== null &&
    row.stripeSubscriptionId === null &&
    row.status === 'trialing' &&
    row.trialEnd !== null &&
    row.trialEnd > now
  );
}

/**
 * Starts the local trial of an account: no card, once per merchant and platform, and not again under the same VAT
 * number. Does nothing on a platform without a trial tier.
 * @throws TrialUsed, TierNotFound
 */
export async function startTrial(
  tx: Tx,
  account: Account,
  input: { tierCode?: string; defaultDays: number; actor: Actor; now: Date },
): Promise<SubscriptionRow | null> {
  const { now } = input;
  await openAccount(tx, account, now);
  const [kept] = await tx
    .select({
      trialUsedAt: billingAccounts.trialUsedAt,
      tier: platforms.trialTierCode,
      currency: platforms.defaultCurrency,
    })
    .from(billingAccounts)
    .innerJoin(platforms, eq(platforms.id, billingAccounts.platformId))
    .where(ofAccount(billingAccounts, account))
    .for('update', { of: billingAccounts });
  const code = input.tierCode ?? kept?.tier;
  if (!kept || !code) return null;
  if (kept.trialUsedAt || (await vatNumberHadTrial(tx, account))) throw new TrialUsed();
  const tier = await getTier(tx, account.platformId, code);
  const days = tier.trialDays ?? input.defaultDays;
  if (days === 0) return null;
  const price = tier.prices.find((one) => one.currency === kept.currency && one.interval === 'month');
  const row = {
    id: newId('sub'),
    ...account,
    tierId: tier.id,
    status: 'trialing' as const,
    currency: kept.currency,
    unitAmount: price?.unitAmount ?? 0,
    startedAt: now,
    currentPeriodStart: now,
    currentPeriodEnd: addDays(now, days),
    trialEnd: addDays(now, days),
  };
  const [created] = await tx.insert(subscriptions).values(row).returning();
  if (!created) throw new Error('the trial was not written');
  await tx.update(billingAccounts).set({ trialUsedAt: now }).where(ofAccount(billingAccounts, account));
  await makeCurrent(tx, account, created, now);
  await grantMonth(tx, account, { actor: input.actor, now });
  await record(
    tx,
    { actor: input.actor, now },
    'trial.started',
    { id: created.id, ...account },
    { after: { tier: tier.code, trialEnd: row.trialEnd } },
  );
  return { ...created, isCurrent: true };
}

/** Whether another merchant with the same VAT number had its trial on this platform. */
async function vatNumberHadTrial(tx: Tx, account: Account): Promise<boolean> {
  const [found] = await tx.execute<{ found: boolean }>(sql`
    select true as found
    from ${customers} mine
    join ${customers} other on other.vat_number = mine.vat_number and other.merchant_id <> mine.merchant_id
    join ${billingAccounts} account on account.merchant_id = other.merchant_id
      and account.platform_id = ${account.platformId} and account.trial_used_at is not null
    where mine.merchant_id = ${account.merchantId} and mine.vat_number is not null
    limit 1`);
  return found !== undefined;
}

/**
 * Ends local trials that ran out, a batch at a time, one transaction per merchant. Their status becomes `expired`; what
 * they have stays. Safe to run twice and on several nodes.
 */
export async function expireTrials(db: Db, now: Date): Promise<{ expired: number }> {
  let expired = 0;
  for (;;) {
    const due = await db
      .select({ id: subscriptions.id })
      .from(subscriptions)
      .where(
        and(
          isNull(subscriptions.stripeSubscriptionId),
          eq(subscriptions.status, 'trialing'),
          lte(subscriptions.trialEnd, now),
        ),
      )
      .orderBy(asc(subscriptions.trialEnd))
      .limit(500);
    if (due.length === 0) return { expired };
    for (const { id } of due) expired += (await db.transaction((tx) => expireTrial(tx, id, now))) ? 1 : 0;
  }
}

async function expireTrial(tx: Tx, id: string, now: Date): Promise<boolean> {
  const [row] = await tx
    .update(subscriptions)
    .set({ status: 'expired', endedAt: now, updatedAt: new Date() })
    .where(
      and(eq(subscriptions.id, id), eq(subscriptions.status, 'trialing'), lte(subscriptions.trialEnd, now)),
    )
    .returning();
  if (!row) return false;
  await record(
    tx,
    { actor: { kind: 'job', id: 'check_trial_expirations' }, now },
    'trial.expired',
    { id, merchantId: row.merchantId, platformId: row.platformId },
    { before: { status: 'trialing' }, after: { status: 'expired' } },
  );
  const to = await findRecipient(tx, row.merchantId);
  if (to)
    await queueEmail(tx, {
      key: `trial_ended:${id}`,
      template: 'trial_ended',
      ...to,
      merchantId: row.merchantId,
      data: {},
      at: now,
    });
  return true;
}

/** Asks for the e-mails of local trials that end within three days. Once per trial. */
export async function announceTrialEnds(db: Db, now: Date): Promise<{ announced: number }> {
  const ending = await db
    .select({ id: subscriptions.id, merchantId: subscriptions.merchantId, trialEnd: subscriptions.trialEnd })
    .from(subscriptions)
    .where(
      and(
        isNull(subscriptions.stripeSubscriptionId),
        eq(subscriptions.status, 'trialing'),
        gt(subscriptions.trialEnd, now),
        lte(subscriptions.trialEnd, addDays(now, 3)),
      ),
    );
  for (const trial of ending) {
    await db.transaction(async (tx) => {
      const to = await findRecipient(tx, trial.merchantId);
      if (!to) return;
      await queueEmail(tx, {
        key: `trial_ending:${trial.id}`,
        template: 'trial_ending',
        ...to,
        merchantId: trial.merchantId,
        data: { trialEnd: trial.trialEnd?.toISOString() ?? null },
        at: now,
      });
    });
  }
  return { announced: ending.length };
}
