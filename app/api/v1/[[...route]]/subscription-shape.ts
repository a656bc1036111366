import { z } from '@hono/zod-openapi';
import type { CurrentSubscription } from '@/lib/billing/account/subscription';
import type { CustomerRow } from '@/lib/billing/customers/stripe-details';
import type { Tier } from '@/lib/billing/plans/tiers';
import { instant, iso } from './contract';
import { status } from './shapes';

const interval = z.enum(['month', 'year']);

export const tierShape = z
  .object({
    code: z.string(),
    platform: z.string(),
    name: z.string(),
    description: z.string(),
    is_active: z.boolean(),
    is_public: z.boolean(),
    is_self_service: z.boolean(),
    display_order: z.number().int(),
    trial_days: z.number().int().nullable(),
    stripe_product_id: z.string().nullable(),
    currency: z.string(),
    price_monthly_cents: z.number().int().nullable(),
    price_annual_cents: z.number().int().nullable(),
    prices: z.array(
      z.object({
        currency: z.string(),
        interval,
        unit_amount: z.number().int(),
        stripe_price_id: z.string().nullable(),
      }),
    ),
    feature_codes: z.array(z.string()),
    feature_limits: z.array(
      z.object({ feature_code: z.string(), limit_value: z.number().int().nullable(), enabled: z.boolean() }),
    ),
    subscribers: z.number().int(),
    revision: z.number().int(),
  })
  .openapi('Tier');

/** A tier as the API says it; the two `price_*_cents` are of the platform's default currency. */
export function presentTier(
  tier: Tier,
  of: { platformCode: string; currency: string; subscribers: number },
): z.infer<typeof tierShape> {
  const price = (every: 'month' | 'year') =>
    tier.prices.find((one) => one.currency === of.currency && one.interval === every)?.unitAmount ?? null;
  return {
    code: tier.code,
    platform: of.platformCode,
    name: tier.name,
    description: tier.description,
    is_active: tier.isActive,
    is_public: tier.isPublic,
    is_self_service: tier.isSelfService,
    display_order: tier.displayOrder,
    trial_days: tier.trialDays,
    stripe_product_id: tier.stripeProductId,
    currency: of.currency,
    price_monthly_cents: price('month'),
    price_annual_cents: price('year'),
    prices: tier.prices.map((one) => ({
      currency: one.currency,
      interval: one.interval,
      unit_amount: one.unitAmount,
      stripe_price_id: one.stripePriceId,
    })),
    feature_codes: tier.limits
      .filter((one) => one.enabled)
      .map((one) => one.featureCode)
      .sort(),
    feature_limits: tier.limits
      .map((one) => ({ feature_code: one.featureCode, limit_value: one.limitValue, enabled: one.enabled }))
      .sort((a, b) => a.feature_code.localeCompare(b.feature_code)),
    subscribers: of.subscribers,
    revision: tier.revision,
  };
}

export const subscriptionShape = z
  .object({
    merchant_id: z.string(),
    merchant_name: z.string(),
    platform: z.string(),
    status,
    tier: z
      .object({
        code: z.string(),
        name: z.string(),
        price_monthly_cents: z.number().int().nullable(),
        price_annual_cents: z.number().int().nullable(),
      })
      .nullable(),
    is_annual: z.boolean(),
    currency: z.string(),
    current_period_start: instant.nullable(),
    current_period_end: instant.nullable(),
    trial_end: instant.nullable(),
    cancel_at_period_end: z.boolean(),
    cancel_at: instant.nullable(),
    pending_change: z
      .object({ tier_code: z.string(), is_annual: z.boolean(), effective_at: instant })
      .nullable(),
    past_due: z
      .object({
        since: instant,
        grace_until: instant.nullable(),
        attempts: z.number().int(),
        next_attempt_at: instant.nullable(),
        amount_due: z.number().int(),
      })
      .nullable(),
    payment_method: z
      .object({
        brand: z.string(),
        last4: z.string(),
        exp_month: z.number().int(),
        exp_year: z.number().int(),
      })
      .nullable(),
    stripe_customer_id: z.string().nullable().optional().openapi({ description: 'Admins only' }),
    stripe_subscription_id: z.string().nullable().optional().openapi({ description: 'Admins only' }),
  })
  .openapi('Subscription');

export type SubscriptionFacts = {
  merchant: { id: string; name: string };
  platform: { code: string; defaultCurrency: string };
  subscription: CurrentSubscription | null;
  prices: { month: number | null; year: number | null };
  customer: CustomerRow;
};

/** A subscription as the API says it; a pair that never had one is `none`. The Stripe ids are for admins. */
export function presentSubscription(
  facts: SubscriptionFacts,
  forAdmin: boolean,
): z.infer<typeof subscriptionShape> {
  const { merchant, platform, subscription: row, prices, customer } = facts;
  const behind = row?.pastDueSince && (row.status === 'past_due' || row.status === 'unpaid');
  return {
    merchant_id: merchant.id,
    merchant_name: merchant.name,
    platform: platform.code,
    status: row?.status ?? 'none',
    tier: row
      ? {
          code: row.tier.code,
          name: row.tier.name,
          price_monthly_cents: prices.month,
          price_annual_cents: prices.year,
        }
      : null,
    is_annual: row?.interval === 'year',
    currency: row?.currency ?? platform.defaultCurrency,
    current_period_start: iso(row?.currentPeriodStart ?? null),
    current_period_end: iso(row?.currentPeriodEnd ?? null),
    trial_end: iso(row?.trialEnd ?? null),
    cancel_at_period_end: row?.cancelAt != null || (row?.cancelAtPeriodEnd ?? false),
    cancel_at: iso(row?.cancelAt ?? null),
    pending_change:
      row?.pendingTier && row.pendingAt
        ? {
            tier_code: row.pendingTier.code,
            is_annual: (row.pendingInterval ?? row.interval) === 'year',
            effective_at: row.pendingAt.toISOString(),
          }
        : null,
    past_due:
      behind && row?.pastDueSince
        ? {
            since: row.pastDueSince.toISOString(),
            grace_until: iso(row.graceUntil),
            attempts: row.attemptCount,
            next_attempt_at: iso(row.nextAttemptAt),
            amount_due: row.amountDue,
          }
        : null,
    payment_method:
      customer.cardBrand && customer.cardLast4 && customer.cardExpMonth && customer.cardExpYear
        ? {
            brand: customer.cardBrand,
            last4: customer.cardLast4,
            exp_month: customer.cardExpMonth,
            exp_year: customer.cardExpYear,
          }
        : null,
    ...(forAdmin
      ? {
          stripe_customer_id: customer.stripeCustomerId,
          stripe_subscription_id: row?.stripeSubscriptionId ?? null,
        }
      : {}),
  };
}
