/** The API of checkout sessions. https://docs.stripe.com/api/checkout/sessions/create */
import { z } from 'zod';
import { discountsGiven, draftCustomer } from '../engine/checkout-customer';
import { invalid, lacking, malformed } from '../errors';
import { expand, filled, mergeMetadata, metadata, parse, range } from '../http/params';
import type { Call, Route } from '../http/router';
import { type Quote, quote, writeAmounts } from '../records/checkout-quote';
import { expire, makeLine, viewCheckoutLine, viewSession } from '../records/checkout-sessions';
import { currencyGiven, leastCharge } from '../records/currencies';
import { refuseSecondCurrency } from '../records/one-currency';
import { priceFor, refuseInactiveProduct } from '../records/prices';
import { makeSetupIntent } from '../records/setup-intents';
import { refuseTax } from '../records/tax-refusals';
import { checkoutParams } from './checkout-params';
import { refuseOddities } from './checkout-refusals';
import { shapeSession } from './checkout-shape';
import { act, list, nested, noParams, one, retrieve, update } from './crud';

function create({ app, params }: Call): object {
  const given = parse(checkoutParams, params);
  const customer = given.customer ? app.need('customers', given.customer, 'customer') : null;
  return app.on(customer?.test_clock, () => {
    refuseOddities(app, given);
    const priced = (given.line_items ?? []).map((line, at) => {
      const price = priceFor(app, line, `line_items[${at}]`);
      if (!price) throw lacking(`line_items[${at}][price]`);
      refuseInactiveProduct(app, price, `line_items[${at}][price]`);
      if (price.recurring && given.mode === 'payment') {
        throw invalid(
          'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
          'mode',
        );
      }
      const quantity = line.quantity ?? 1;
      if (quantity < 1) throw invalid('Quantity must be at least 1.', `line_items[${at}][quantity]`);
      return { price, quantity };
    });
    if (given.mode === 'subscription' && !priced.some(({ price }) => price.recurring)) {
      throw invalid(
        'You must provide at least one recurring price in `subscription` mode when using prices.',
        'line_items',
      );
    }
    if (given.automatic_tax?.enabled)
      refuseTax(
        app,
        priced.map(({ price }) => price),
      );
    const currency = priced[0]?.price.currency ?? (given.currency ? currencyGiven(given.currency) : null);
    const odd = priced.findIndex(({ price }) => price.currency !== currency);
    if (odd >= 0) throw invalid('All line items must use the same currency.', `line_items[${odd}][price]`);
    if (customer && currency && (given.mode === 'subscription' || given.invoice_creation?.enabled))
      refuseSecondCurrency(app, customer, currency, 'line_items');
    const session = shapeSession(app, given, currency);
    session._.lines = priced.map(({ price, quantity }) => makeLine(app, price, quantity));
    if (given.mode === 'setup')
      session.setup_intent = makeSetupIntent(
        app,
        given.customer ?? null,
        session._.setup_intent_data.metadata,
      ).id;
    else {
      const amounts = quote(
        app,
        session,
        draftCustomer(app, session, {}),
        discountsGiven(app, session, undefined),
      );
      refuseTooSmall(amounts);
      writeAmounts(session, amounts);
    }
    app.store.put('checkout_sessions', session);
    return viewSession(app, session);
  });
}

/** What is due today, a subscription's first invoice too, is nothing or enough to be charged (stripe.md D32). */
function refuseTooSmall({ dueToday, currency }: Quote): void {
  if (dueToday === 0 || dueToday >= leastCharge(currency)) return;
  throw malformed(
    `A total of ${dueToday} is less than can be charged in ${currency}: ${leastCharge(currency)}.`,
    undefined,
    'amount_too_small',
  );
}

const oneSession = one('checkout_sessions');

export const checkoutRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/checkout/sessions', handler: create },
  list('/v1/checkout/sessions', 'checkout_sessions', {
    params: {
      created: range,
      customer: filled,
      customer_details: z.strictObject({ email: filled }),
      payment_intent: filled,
      status: z.enum(['open', 'complete', 'expired']),
      subscription: filled,
    },
    by: ['customer', 'subscription', 'payment_intent'],
    same: ['status'],
    where: (one, given) =>
      !given.customer_details || one.customer_details?.email === given.customer_details.email,
  }),
  retrieve('/v1/checkout/sessions/:id', 'checkout_sessions'),
  update(
    '/v1/checkout/sessions/:id',
    'checkout_sessions',
    null,
    z.strictObject({ metadata: metadata.optional(), expand }),
    (rec, given) => {
      rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    },
  ),
  act('/v1/checkout/sessions/:id/expire', 'checkout_sessions', noParams, (session, _given, app) =>
    expire(app, session),
  ),
  nested('/v1/checkout/sessions/:id/line_items', (call) => oneSession(call)._.lines, {
    view: (line, app) => viewCheckoutLine(app, line),
    order: 'oldest',
  }),
];
