import { and, eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { creditPackages } from '@/db/schema';
import { findCurrentSubscription, livesAtStripe } from '@/lib/billing/account/subscription';
import { CurrencyConflict, PackageNotFound, StripePriceNotConfigured } from '@/lib/billing/errors';
import { openSession } from './checkout-session';
import type { CheckoutAnswer, CheckoutRequest } from './checkout-slot';

/**
 * Opens Checkout for a credit package: a one-time payment. The credits come when Stripe says paid, once per session.
 * @throws PackageNotFound, CurrencyConflict, StripePriceNotConfigured, StripeUnavailable
 */
export async function startCreditCheckout(
  db: Db,
  stripe: Stripe,
  request: CheckoutRequest & { packageCode: string },
): Promise<CheckoutAnswer> {
  const [pack] = await db
    .select()
    .from(creditPackages)
    .where(
      and(
        eq(creditPackages.platformId, request.account.platformId),
        eq(creditPackages.code, request.packageCode),
      ),
    );
  if (!pack?.isActive) throw new PackageNotFound(request.packageCode);
  if (!pack.stripePriceId) throw new StripePriceNotConfigured({ packageCode: pack.code });
  const plan = await findCurrentSubscription(db, request.account);
  if (livesAtStripe(plan) && plan && plan.currency !== pack.currency)
    throw new CurrencyConflict(pack.currency, plan.currency);
  return openSession(db, stripe, request, {
    kind: 'credits',
    choice: `${pack.code}@${pack.stripePriceId}`,
    priceId: pack.stripePriceId,
    mode: 'payment',
    marks: { code: pack.code, credits: String(pack.credits) },
  });
}
