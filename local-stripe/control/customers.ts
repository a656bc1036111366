/** `POST /_local/customers/{id}/discount`: what the Dashboard can do to a customer and the API no longer can (stripe.md D71). */
import type { App } from '../app';
import { Refused } from '../http/body';
import { giveDiscount } from '../records/customer-discount';
import { strip } from '../records/strip';
import { schemas } from './schemas';

/** Answers the discount; one that is there already is replaced. */
export function customers(app: App, parts: string[], given: unknown): unknown {
  const [, customerId, verb] = parts;
  if (verb !== 'discount' || parts.length !== 3)
    throw new Refused(404, 'Use /_local/customers/{customer}/discount.');
  const { coupon } = schemas.customerDiscount.parse(given);
  const customer = app.need('customers', customerId);
  app.need('coupons', coupon, 'coupon');
  return app.on(customer.test_clock, () => strip(giveDiscount(app, customer, { coupon })));
}
