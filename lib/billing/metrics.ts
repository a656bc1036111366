import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { mrrMovements, storeAddOns, subscriptions } from '@/db/schema';
import { divideHalfEven } from '@/lib/money';
import type { DiscountSnapshot, ItemSnapshot } from '@/lib/stripe/subscription-snapshot';
import type { Account } from './accounts';

/**
 * Monthly recurring revenue of one subscription, in minor units of its currency: the recurring items after recurring
 * discounts, net of tax, yearly ÷ 12, rounded half to even once. Only `active` and `past_due` count; trialing, local,
 * paused and ended are 0. A `once` discount is not recurring.
 */
export function computeMrr(
  status: string,
  items: Pick<ItemSnapshot, 'unitAmount' | 'quantity' | 'interval' | 'intervalCount'>[],
  discounts: DiscountSnapshot[],
  currency: string,
): number {
  if (status !== 'active' && status !== 'past_due') return 0;
  // In twelfths of the minor unit, so that a year and a month add up without an early rounding.
  let twelfths = 0;
  for (const item of items) {
    const perYear = item.interval === 'year' ? 1 : 12;
    twelfths += Math.round((item.unitAmount * item.quantity * perYear) / item.intervalCount);
  }
  const perYear = items[0]?.interval === 'year' ? 1 : 12;
  for (const discount of discounts) {
    if (discount.duration === 'once') continue;
    if (discount.percentOff !== null) twelfths = Math.round(twelfths * (1 - discount.percentOff / 100));
    else if (discount.amountOff !== null && discount.currency === currency)
      twelfths -= discount.amountOff * perYear;
  }
  return divideHalfEven(Math.max(0, twelfths), 12);
}

/**
 * Records how an account's recurring revenue in a currency moved, in the transaction that moved it. `before` is the sum
 * before the change; the sum after is read from the rows. Nothing is written when it stayed.
 */
export async function recordMovement(
  tx: Tx,
  account: Account,
  currency: string,
  before: number,
  at: Date,
): Promise<void> {
  const after = await sumMrr(tx, account, currency);
  const delta = after - before;
  if (delta === 0) return;
  const [former] =
    before === 0
      ? await tx.select({ one: sql`1` }).from(mrrMovements).where(ofAccount(account)).limit(1)
      : [];
  const kind =
    before === 0
      ? former
        ? 'reactivation'
        : 'new'
      : after === 0
        ? 'churn'
        : delta > 0
          ? 'expansion'
          : 'contraction';
  await tx.insert(mrrMovements).values({ id: newId('mov'), ...account, currency, kind, delta, after, at });
}

const ofAccount = (account: Account) =>
  and(eq(mrrMovements.merchantId, account.merchantId), eq(mrrMovements.platformId, account.platformId));

/** The account's recurring revenue in a currency: its live subscriptions and add-ons. */
export async function sumMrr(tx: Tx, account: Account, currency: string): Promise<number> {
  const [row] = await tx.execute<{ sum: string }>(sql`
    select (
      (select coalesce(sum(${subscriptions.mrrCents}), 0) from ${subscriptions}
        where ${subscriptions.merchantId} = ${account.merchantId} and ${subscriptions.platformId} = ${account.platformId}
          and ${subscriptions.currency} = ${currency})
      + (select coalesce(sum(${storeAddOns.mrrCents}), 0) from ${storeAddOns}
        where ${storeAddOns.merchantId} = ${account.merchantId} and ${storeAddOns.platformId} = ${account.platformId}
          and ${storeAddOns.currency} = ${currency})
    )::bigint as sum`);
  return Number(row?.sum ?? 0);
}
