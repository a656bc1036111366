import type { Db } from '@/db/client';
import { idsOf, MARKET, makeMerchant, tierId } from '@/db/make';
import { billingAccounts, subscriptions } from '@/db/schema';
import type { Account } from '@/lib/billing/accounts';
import { anchoredMonth } from '@/lib/time';

type Subscription = Partial<typeof subscriptions.$inferInsert> & { tier?: string; anchorAt?: Date };

/** A merchant with stores (default one, named after the key) and, unless `tier` is null, a subscription in force. For tests. */
export async function makeAccount(
  db: Db,
  key: string,
  options: Omit<Subscription, 'tier'> & {
    tier?: string | null;
    platformId?: string;
    stores?: string[];
    at?: Date;
  } = {},
): Promise<Account & { storeId: string; storeIds: string[]; ownerId: string; subscriptionId: string }> {
  const {
    tier = 'essential',
    platformId = MARKET,
    stores,
    at = new Date('2026-01-15T10:00:00Z'),
    ...given
  } = options;
  const codes = stores ?? [key.toUpperCase()];
  const made = await makeMerchant(db, {
    key,
    name: key,
    platformId,
    stores: codes.map((code) => ({ code, name: code })),
    owner: { email: `owner@${key}.test`, name: `Owner of ${key}` },
    at,
  });
  const account = { merchantId: idsOf(key).merchantId, platformId };
  const { anchorAt = at, ...columns } = given;
  const month = anchoredMonth(anchorAt, at);
  await db
    .insert(billingAccounts)
    .values({ ...account, anchorAt, monthStart: month.start, monthEnd: month.end });
  const subscriptionId = `sub_${key}`;
  if (tier !== null) {
    await db.insert(subscriptions).values({
      id: subscriptionId,
      ...account,
      isCurrent: true,
      tierId: tierId(platformId === MARKET ? 'market' : 'loyalty', tier),
      status: 'active',
      stripeSubscriptionId: `sub_stripe_${key}`,
      currency: 'EUR',
      startedAt: at,
      ...columns,
    });
  }
  return {
    ...account,
    storeId: made.storeIds[0] ?? '',
    storeIds: made.storeIds,
    ownerId: made.ownerId,
    subscriptionId,
  };
}
