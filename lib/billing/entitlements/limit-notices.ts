import type { Tx } from '@/db/client';
import type { Account } from '@/lib/billing/accounts';
import type { Metered } from '@/lib/billing/features';
import { findRecipient, queueEmail } from '@/lib/billing/notices';
import { APPROACHING } from './entitlements';

/**
 * Tells the merchant by e-mail when a unit just taken reached the limit or came near it, once per feature, state and
 * calendar month. In the caller's transaction: units that roll back tell nobody. Costs nothing below the threshold.
 */
export async function noticeLimit(
  tx: Tx,
  account: Account,
  feature: Metered,
  taken: { used: number; limit: number | null; quantity: number; now: Date },
): Promise<void> {
  const { used, limit, quantity, now } = taken;
  if (limit === null || limit === 0) return;
  const near = (units: number) => units * 100 >= limit * APPROACHING;
  const template =
    used >= limit ? 'limit_reached' : near(used) && !near(used - quantity) ? 'limit_approaching' : null;
  if (!template) return;
  const to = await findRecipient(tx, account.merchantId);
  if (!to) return;
  await queueEmail(tx, {
    key: `${template}:${account.merchantId}:${account.platformId}:${feature.code}:${now.toISOString().slice(0, 7)}`,
    template,
    ...to,
    merchantId: account.merchantId,
    data: { feature: feature.code, current: used, limit },
    at: now,
  });
}
