import { sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { type KeptDiscount, mrrMovements, storeAddOns, subscriptions } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import type { DiscountSnapshot } from '@/lib/stripe/discount-snapshot';
import type { ItemSnapshot } from '@/lib/stripe/subscription-snapshot';

const TIMES_A_YEAR = { day: 365n, week: 52n, month: 12n, year: 1n };
const MILLIONTHS = 1_000_000n;

/**
 * Monthly recurring revenue of one subscription, in minor units of its currency: the recurring items after recurring
 * discounts, net of tax, a year ÷ 12, rounded half to even once, at the end. Only `active` and `past_due` count; trialing,
 * local, paused and ended are 0. A `once` discount is not recurring, nor is one that has ended at the moment `at`.
 */
export function computeMrr(
  status: string,
  items: Pick<ItemSnapshot, 'unitAmount' | 'quantity' | 'recurring'>[],
  discounts: DiscountSnapshot[],
  currency: string,
  at: Date,
): number {
  if (status !== 'active' && status !== 'past_due') return 0;
  // A fraction of whole numbers, so that nothing is rounded on the way.
  let over = 0n;
  let under = 1n;
  const add = (amount: bigint, per: bigint) => {
    over = over * per + amount * under;
    under *= per;
    if (over < 0n) over = 0n;
  };
  for (const item of items) {
    const yearly = BigInt(item.unitAmount) * BigInt(item.quantity) * TIMES_A_YEAR[item.recurring.interval];
    add(yearly, BigInt(item.recurring.count) * 12n);
  }
  // An amount is taken off each invoice, and there are as many as the first item has periods.
  const first = items[0]?.recurring;
  for (const discount of discounts) {
    if (discount.duration === 'once' || (discount.end !== null && discount.end <= at)) continue;
    if (discount.percentOff !== null) {
      over *= MILLIONTHS - BigInt(Math.round(discount.percentOff * 10_000));
      under *= MILLIONTHS;
    } else if (discount.amountOff !== null && discount.currency === currency && first) {
      add(-BigInt(discount.amountOff) * TIMES_A_YEAR[first.interval], BigInt(first.count) * 12n);
    }
  }
  const whole = over / under;
  const twice = (over - whole * under) * 2n;
  const up = twice > under || (twice === under && whole % 2n === 1n);
  return Number(up ? whole + 1n : whole);
}

/** What is taken off a subscription: its own discounts, else its customer's (stripe.md D71). */
export const discountsOf = (own: DiscountSnapshot[], ofCustomer: KeptDiscount | null): DiscountSnapshot[] =>
  own.length > 0 || !ofCustomer
    ? own
    : [{ ...ofCustomer, end: ofCustomer.end === null ? null : new Date(ofCustomer.end) }];

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
      ? await tx.select({ one: sql`1` }).from(mrrMovements).where(ofAccount(mrrMovements, account)).limit(1)
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
