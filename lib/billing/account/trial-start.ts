import { eq, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { billingAccounts, customers, platforms, subscriptions } from '@/db/schema';
import { grantMonth, makeCurrent } from '@/lib/billing/account/current';
import { type Account, ofAccount, openAccount } from '@/lib/billing/accounts';
import { type Actor, record } from '@/lib/billing/audit';
import { getTier } from '@/lib/billing/plans/tiers';
import { refusal } from '@/lib/errors';
import { addDays } from '@/lib/time';
import type { SubscriptionRow } from './subscription';

/** 409: the merchant had its trial on this platform, or another merchant with its VAT number had. */
export const TrialUsed = refusal('conflict', 'trial_already_used');

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
