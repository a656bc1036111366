import { DomainError } from '@/lib/errors';

/** 503: no Stripe key. */
export class PaymentsNotConfigured extends DomainError {
  constructor() {
    super('unavailable', 'payment_system_not_configured');
  }
}

/** 502: Stripe did not answer, or with a fault of its own. Nothing was changed here; the same call may be made again. */
export class StripeUnavailable extends DomainError {
  constructor(cause: unknown) {
    super('bad_gateway', 'stripe_unavailable', {}, { cause });
  }
}
