import type Stripe from 'stripe';
import { DomainError } from '@/lib/errors';

/** 503: no Stripe key, or the account is not set up for what is asked: `missing` says what (`tax`, or a key's permission). */
export class PaymentsNotConfigured extends DomainError {
  constructor(missing?: string, cause?: unknown) {
    super(
      'unavailable',
      'payment_system_not_configured',
      missing === undefined ? {} : { missing },
      cause === undefined ? undefined : { cause },
    );
  }
}

/** 502: Stripe did not answer, or with a fault of its own. Nothing was changed here; the same call may be made again. */
export class StripeUnavailable extends DomainError {
  constructor(cause: unknown) {
    super('bad_gateway', 'stripe_unavailable', { retryAfter: 30 }, { cause });
  }
}

/**
 * 409: Stripe understood the request and refuses it as it is. A verb that knows the refusal says it in its own words; this
 * is what is left. Stripe's own code and parameter are in the details. https://docs.stripe.com/error-codes
 */
export class StripeRefused extends DomainError {
  constructor(cause: Stripe.errors.StripeError) {
    super(
      'conflict',
      'stripe_refused',
      { stripeCode: cause.decline_code ?? cause.code ?? cause.rawType ?? null, param: cause.param ?? null },
      { cause },
    );
  }
}
