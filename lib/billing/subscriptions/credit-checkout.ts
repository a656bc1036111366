import { and, eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { creditPackages } from '@/db/schema';
import { PackageNotFound, StripePriceNotConfigured } from '@/lib/billing/errors';
import { openSession } from './checkout-session';
import type { CheckoutAnswer, CheckoutRequest } from './checkout-slot';

/**
 * Opens Checkout for a credit package: a one-time payment. The credits come when Stripe says paid, once per session.
 * @throws PackageNotFound, StripePriceNotConfigured, StripeUnavailable
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
  return openSession(db, stripe, request, {
    kind: 'credits',
    choice: pack.code,
    priceId: pack.stripePriceId,
    mode: 'payment',
    marks: { code: pack.code, credits: String(pack.credits) },
  });
}
