/** The API of charges and refunds. https://docs.stripe.com/api/charges, https://docs.stripe.com/api/refunds */
import { z } from 'zod';
import { missing } from '../errors';
import { amount, expand, filled, ignored, metadata, parse, range } from '../http/params';
import type { Call, Route } from '../http/router';
import { refundCharge } from '../records/charges';
import type { Metadata } from '../types';
import { list, retrieve } from './crud';

const refundCreate = z.strictObject({
  charge: filled.optional(),
  payment_intent: filled.optional(),
  amount: amount.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadata.optional(),
  instructions_email: ignored,
  expand,
});

function createRefund({ app, params }: Call): object {
  const given = parse(refundCreate, params);
  const chargeId = given.charge ?? app.store.get('payment_intents', given.payment_intent)?.latest_charge;
  const charge = app.store.get('charges', chargeId);
  if (!charge)
    throw missing(
      given.charge ? 'charge' : 'payment_intent',
      given.charge ?? given.payment_intent ?? '',
      given.charge ? 'charge' : 'payment_intent',
    );
  const customer = app.store.get('customers', charge.customer);
  return app.on(customer?.test_clock, () =>
    refundCharge(
      app,
      charge,
      given.amount ?? charge.amount - charge.amount_refunded,
      given.reason ?? null,
      (given.metadata ?? {}) as Metadata,
    ),
  );
}

export const chargeRoutes: Route[] = [
  list('/v1/charges', 'charges', {
    params: { customer: filled, payment_intent: filled, created: range, transfer_group: ignored },
    by: ['payment_intent', 'customer'],
  }),
  retrieve('/v1/charges/:id', 'charges'),
  { method: 'POST', pattern: '/v1/refunds', handler: createRefund },
  list('/v1/refunds', 'refunds', {
    params: { charge: filled, payment_intent: filled, created: range },
    by: ['charge', 'payment_intent'],
  }),
  retrieve('/v1/refunds/:id', 'refunds'),
];
