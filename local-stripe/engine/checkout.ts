/** Paying a checkout session, and what comes of it. https://docs.stripe.com/payments/checkout/how-checkout-works */
import type { App } from '../app';
import { cardBehavior } from '../cards';
import { cardError, invalid } from '../errors';
import { quote, writeAmounts } from '../records/checkout-quote';
import { makeDebit } from '../records/debits';
import { checkNumber, makeCard } from '../records/payment-methods';
import { AUTHENTICATION_FAILED, foresee, refuses } from '../records/payments';
import { canPlace, taxAddress } from '../records/places';
import { readTaxId } from '../records/tax-ids';
import type { CheckoutSession, Customer, PaymentMethod } from '../types';
import { type Completion, discountsGiven, draftCustomer, settleCustomer } from './checkout-customer';
import { payNow, saveCard, subscribe } from './checkout-payment';

type Completed = { kind: 'done' } | { kind: 'authenticate' };

/**
 * What the Pay button does. A declined card throws and leaves everything as it was. Order of what happens:
 * customer, card, subscription, invoice, then checkout.session.completed last (stripe.md 30).
 */
export function complete(app: App, session: CheckoutSession, given: Completion): Completed {
  if (session.status !== 'open')
    throw invalid(`This Checkout Session is ${session.status}.`, undefined, 'checkout_session_not_open');
  const draftOfCustomer = draftCustomer(app, session, given);
  if (!draftOfCustomer.email && session.mode !== 'setup') throw invalid('Enter your email.', 'email');
  if (
    session.billing_address_collection === 'required' &&
    !(given.address?.country ?? draftOfCustomer.address?.country)
  ) {
    throw invalid('Enter your billing address.', 'address');
  }
  const discounts = discountsGiven(app, session, given.promotionCode);
  if (given.taxId) readTaxId(given.taxId.type, given.taxId.value);
  const amounts =
    session.mode === 'setup' ? null : quote(app, session, draftOfCustomer, discounts, vatIds(given));
  if (session.automatic_tax.enabled && !canPlace(taxAddress(draftOfCustomer))) {
    throw invalid('Enter your whole address: it decides the tax.', 'address');
  }
  const due = amounts?.dueToday ?? 0;
  const needsCard =
    session.mode !== 'payment' ? session.payment_method_collection !== 'if_required' || due > 0 : due > 0;
  if (needsCard && !given.card && !given.debit) throw invalid('Enter your card number.', 'card');

  // Everything that can refuse comes before everything that writes.
  if (given.card) checkNumber(given.card.number);
  const probe = given.card ? probeCard(given.card.number) : null;
  if (probe && given.authentication !== 'passed') {
    const decline = refuses(probe);
    if (decline) throw cardError(decline);
    if (given.authentication === 'failed') throw cardError(AUTHENTICATION_FAILED);
    const behavior = cardBehavior(probe._.number);
    if (behavior.kind === 'authenticates') return { kind: 'authenticate' };
    if (due > 0) {
      const outcome = foresee(probe, { offSession: false });
      if (outcome.kind === 'failed') throw cardError(outcome.decline);
    }
  }

  const customer = settleCustomer(app, session, draftOfCustomer, given);
  return app.on(customer?.test_clock, () => {
    const whose = { name: given.name, email: given.email ?? customer?.email, address: given.address };
    const method = given.debit
      ? makeDebit(app, whose)
      : given.card
        ? makeCard(app, { ...given.card, ...whose })
        : null;
    if (method && given.authentication === 'passed') {
      method._.authenticated = true;
      app.store.put('payment_methods', method);
    }
    if (amounts) writeAmounts(session, amounts);
    session._.payment_method = method?.id ?? null;
    app.store.put('checkout_sessions', session);
    if (session.mode === 'subscription' && customer) subscribe(app, session, customer, method, discounts);
    else if (session.mode === 'setup') saveCard(app, session, customer, method);
    else payNow(app, session, customer, method, discounts, due);
    finish(app, session, customer, due, given);
    return { kind: 'done' };
  });
}

/** Typed in Checkout, a number counts for the tax at once. https://docs.stripe.com/tax/checkout/tax-ids */
function vatIds(given: Completion): string[] {
  return given.taxId?.type === 'eu_vat' ? [readTaxId(given.taxId.type, given.taxId.value)] : [];
}

function probeCard(number: string): PaymentMethod {
  return { _: { number, authenticated: false } } as PaymentMethod;
}

/** `payment_status`: paid, unpaid for delayed methods, no_payment_required for trials and setup (stripe.md 31). */
function finish(
  app: App,
  session: CheckoutSession,
  customer: Customer | null,
  due: number,
  given: Completion,
): void {
  app.change('checkout_sessions', session, null, (rec) => {
    rec.status = 'complete';
    rec.url = null;
    rec.payment_status =
      rec.mode === 'setup' || due === 0 ? 'no_payment_required' : given.debit ? 'unpaid' : 'paid';
    rec.customer = customer?.id ?? rec.customer;
    rec.automatic_tax = { ...rec.automatic_tax, status: rec.automatic_tax.enabled ? 'complete' : null };
    rec.customer_details = {
      address: given.address ?? customer?.address ?? null,
      business_name: given.businessName ?? null,
      email: customer?.email ?? given.email ?? rec.customer_email,
      individual_name: null,
      name: given.name ?? customer?.name ?? null,
      phone: customer?.phone ?? null,
      tax_exempt: customer?.tax_exempt ?? 'none',
      tax_ids: given.taxId ? [{ type: given.taxId.type as 'eu_vat', value: given.taxId.value }] : [],
    };
  });
  app.emit('checkout.session.completed', app.view('checkout_sessions', session));
}
