/** Checkout sessions: shape and ends. https://docs.stripe.com/api/checkout/sessions */
import type Stripe from 'stripe';
import type { App } from '../app';
import { invalid } from '../errors';
import type { CheckoutLine, CheckoutSession, Price, Wire } from '../types';
import { priceAmount } from './price-words';
import { productOf } from './products';
import { strip } from './strip';

export function viewSession(
  _app: App,
  session: CheckoutSession,
): Omit<Wire<Stripe.Checkout.Session>, 'line_items'> {
  return strip(session);
}

export function viewCheckoutLine(app: App, line: CheckoutLine): Wire<Stripe.LineItem> {
  return { ...line, price: strip(app.store.get('prices', line.price) as Price) as Wire<Stripe.Price> };
}

export function makeLine(app: App, price: Price, quantity: number): CheckoutLine {
  const amount = priceAmount(price, quantity);
  return {
    id: app.ids.make('li'),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: productOf(app, price)?.name ?? null,
    metadata: {},
    price: price.id,
    quantity,
  };
}

export function sessionPaid(app: App, session: CheckoutSession): void {
  session.payment_status = 'paid';
  app.store.put('checkout_sessions', session);
  app.emit('checkout.session.async_payment_succeeded', app.view('checkout_sessions', session));
}

export function sessionPaymentFailed(app: App, session: CheckoutSession): void {
  app.store.put('checkout_sessions', session);
  app.emit('checkout.session.async_payment_failed', app.view('checkout_sessions', session));
}

/** Status expired, url null (stripe.md 32). */
export function expire(app: App, session: CheckoutSession): void {
  if (session.status !== 'open') {
    throw invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
    );
  }
  app.change('checkout_sessions', session, null, (rec) => {
    rec.status = 'expired';
    rec.url = null;
  });
  app.emit('checkout.session.expired', app.view('checkout_sessions', session));
}
