import { DomainError, refusal } from '@/lib/errors';

/** What would let a refused thing happen. Prices in minor units per interval. */
export type Unlock = {
  kind: 'tier' | 'add_on' | 'release';
  code?: string;
  name?: string;
  price?: { amount: number; currency: string; interval: 'month' | 'year' };
};

export type LimitFacts = {
  feature: string;
  limit: number | null;
  current: number;
  requested: number;
  unlock: Unlock[];
};

/** 402: the feature is on, and there is no room for what was asked. */
export class LimitReached extends DomainError {
  constructor(readonly facts: LimitFacts) {
    super('payment_required', 'limit_reached', facts);
  }
}

/** 402: the plan does not have the feature. */
export class FeatureNotInPlan extends DomainError {
  constructor(readonly facts: LimitFacts) {
    super('payment_required', 'feature_not_in_plan', facts);
  }
}

/** 404s that the API names one by one. */
export const TierNotFound = refusal('not_found', 'tier_not_found', (tierCode: string) => ({ tierCode }));
export const AddOnNotFound = refusal('not_found', 'addon_not_found', (addonCode: string) => ({ addonCode }));
export const PackageNotFound = refusal('not_found', 'package_not_found', (packageCode: string) => ({
  packageCode,
}));

/** 400: "contact us". */
export const TierNotSelfService = refusal('invalid', 'tier_not_self_service', (tierCode: string) => ({
  tierCode,
}));

/** 400: the tier, add-on or package is not sold at Stripe in this currency and interval. */
export const StripePriceNotConfigured = refusal(
  'invalid',
  'stripe_price_not_configured',
  (details: Record<string, unknown>) => details,
);

/** 400: a price agreed with one merchant is of the tier's product, and Stripe has none yet. */
export const TierNotPushed = refusal('invalid', 'tier_not_pushed', (tierCode: string) => ({ tierCode }));

/** 400: the verb needs a subscription at Stripe that lives. */
export const NoActiveSubscription = refusal('invalid', 'no_active_subscription');

/** 400: nothing is scheduled to end. */
export const SubscriptionNotCancelled = refusal('invalid', 'subscription_not_cancelled');

/** 409: it would make a second live base subscription, or another tab is at it. */
export const SubscriptionConflict = refusal(
  'conflict',
  'subscription_conflict',
  (details: Record<string, unknown> = {}) => details,
);

/** 409: priced in another currency than the plan: Stripe holds a customer's subscriptions to one (stripe.md D22). */
export const CurrencyConflict = refusal(
  'conflict',
  'currency_conflict',
  (currency: string, planCurrency: string) => ({ currency, planCurrency }),
);

/** 409: a dearer plan while an invoice is unpaid. */
export const PayFirst = refusal('conflict', 'pay_first');

/** 409: the merchant was closed before. */
export const MerchantClosed = refusal('conflict', 'merchant_closed', (merchant: string) => ({ merchant }));

/** 409: a change of plan waits for its day or its payment; it has to happen or be undone first. */
export const ChangePending = refusal('conflict', 'change_pending');

/** 400: there is no pending change to undo. */
export const NoPendingChange = refusal('invalid', 'no_pending_change');

/** 409: Stripe owns it; it may not be set by hand. */
export const ManagedByStripe = refusal('conflict', 'managed_by_stripe', (field: string) => ({ field }));

/** 402: the wallet does not hold what was asked. */
export const InsufficientCredits = refusal(
  'payment_required',
  'insufficient_credits',
  (details: { requested: number; monthly: number; purchased: number }) => details,
);

/** 409: less was reported than is to be given back. */
export const NothingToRelease = refusal(
  'conflict',
  'nothing_to_release',
  (details: { feature: string; current: number; requested: number }) => details,
);

/** 409: somebody saved the same thing meanwhile. */
export class EditConflict extends DomainError {
  constructor(revision?: number, options?: { cause: unknown }) {
    super('conflict', 'edit_conflict', revision === undefined ? {} : { revision }, options);
  }
}

/** 400 / 409 for the domain of an add-on. */
export const InvalidDomain = refusal('invalid', 'invalid_domain', (domain: string) => ({ domain }));
export const DomainTaken = refusal('conflict', 'domain_taken', (domain: string) => ({ domain }));
