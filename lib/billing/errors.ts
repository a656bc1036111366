import { DomainError } from '@/lib/errors';

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
export class TierNotFound extends DomainError {
  constructor(code: string) {
    super('not_found', 'tier_not_found', { tierCode: code });
  }
}
export class AddOnNotFound extends DomainError {
  constructor(code: string) {
    super('not_found', 'addon_not_found', { addonCode: code });
  }
}
export class PackageNotFound extends DomainError {
  constructor(code: string) {
    super('not_found', 'package_not_found', { packageCode: code });
  }
}

/** 400: "contact us". */
export class TierNotSelfService extends DomainError {
  constructor(code: string) {
    super('invalid', 'tier_not_self_service', { tierCode: code });
  }
}

/** 400: the tier, add-on or package is not sold at Stripe in this currency and interval. */
export class StripePriceNotConfigured extends DomainError {
  constructor(details: Record<string, unknown>) {
    super('invalid', 'stripe_price_not_configured', details);
  }
}

/** 400: a price agreed with one merchant is of the tier's product, and Stripe has none yet. */
export class TierNotPushed extends DomainError {
  constructor(code: string) {
    super('invalid', 'tier_not_pushed', { tierCode: code });
  }
}

/** 400: the verb needs a subscription at Stripe that lives. */
export class NoActiveSubscription extends DomainError {
  constructor() {
    super('invalid', 'no_active_subscription');
  }
}

/** 400: nothing is scheduled to end. */
export class SubscriptionNotCancelled extends DomainError {
  constructor() {
    super('invalid', 'subscription_not_cancelled');
  }
}

/** 409: it would make a second live base subscription, or another tab is at it. */
export class SubscriptionConflict extends DomainError {
  constructor(details: Record<string, unknown> = {}) {
    super('conflict', 'subscription_conflict', details);
  }
}

/** 409: priced in another currency than the plan: Stripe holds a customer's subscriptions to one (stripe.md D22). */
export class CurrencyConflict extends DomainError {
  constructor(currency: string, planCurrency: string) {
    super('conflict', 'currency_conflict', { currency, planCurrency });
  }
}

/** 409: a dearer plan while an invoice is unpaid. */
export class PayFirst extends DomainError {
  constructor() {
    super('conflict', 'pay_first');
  }
}

/** 409: the merchant was closed before. */
export class MerchantClosed extends DomainError {
  constructor(merchantId: string) {
    super('conflict', 'merchant_closed', { merchant: merchantId });
  }
}

/** 409: a change of plan waits for its day or its payment; it has to happen or be undone first. */
export class ChangePending extends DomainError {
  constructor() {
    super('conflict', 'change_pending');
  }
}

/** 400: there is no pending change to undo. */
export class NoPendingChange extends DomainError {
  constructor() {
    super('invalid', 'no_pending_change');
  }
}

/** 409: Stripe owns it; it may not be set by hand. */
export class ManagedByStripe extends DomainError {
  constructor(field: string) {
    super('conflict', 'managed_by_stripe', { field });
  }
}

/** 402: the wallet does not hold what was asked. */
export class InsufficientCredits extends DomainError {
  constructor(details: { requested: number; monthly: number; purchased: number }) {
    super('payment_required', 'insufficient_credits', details);
  }
}

/** 409: less was reported than is to be given back. */
export class NothingToRelease extends DomainError {
  constructor(details: { feature: string; current: number; requested: number }) {
    super('conflict', 'nothing_to_release', details);
  }
}

/** 409: somebody saved the same thing meanwhile. */
export class EditConflict extends DomainError {
  constructor(revision?: number, options?: { cause: unknown }) {
    super('conflict', 'edit_conflict', revision === undefined ? {} : { revision }, options);
  }
}

/** 400 / 409 for the domain of an add-on. */
export class InvalidDomain extends DomainError {
  constructor(domain: string) {
    super('invalid', 'invalid_domain', { domain });
  }
}
export class DomainTaken extends DomainError {
  constructor(domain: string) {
    super('conflict', 'domain_taken', { domain });
  }
}
