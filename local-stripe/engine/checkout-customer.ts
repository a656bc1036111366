/** Who pays a checkout session, and what they filled in. */
import type { App } from '../app';
import { invalid } from '../errors';
import { newCustomer } from '../records/customers';
import { type DiscountGiven, findPromotion } from '../records/discounts';
import { createTaxId } from '../records/tax-ids';
import type { Address, CheckoutSession, Customer } from '../types';

export interface Completion {
  card: { number: string; exp_month?: number; exp_year?: number } | null;
  email?: string | undefined;
  name?: string | undefined;
  businessName?: string | undefined;
  address?: Address | undefined;
  taxId?: { type: string; value: string } | undefined;
  promotionCode?: string | undefined;
  authentication?: 'passed' | 'failed' | undefined;
  /** By SEPA debit: there is no card anywhere then (stripe.md D37). */
  debit?: boolean | undefined;
}

/** The customer as it will be, not yet written: quotes before the button is pressed use it too. */
export function draftCustomer(
  app: App,
  session: CheckoutSession,
  given: Pick<Completion, 'email' | 'name' | 'address'>,
): Customer {
  const known = app.store.get('customers', session.customer);
  const base = known ? structuredClone(known) : { ...emptyCustomer(app), email: session.customer_email };
  if (given.email && !base.email) base.email = given.email;
  if (given.name && (!known || session._.customer_update.name || !base.name)) base.name = given.name;
  if (given.address && (!known || session._.customer_update.address)) base.address = given.address;
  return base;
}

function emptyCustomer(app: App): Customer {
  const counters = { ...app.store.meta.counters };
  const customer = newCustomer(app);
  app.store.meta.counters = counters;
  return { ...customer, id: 'cus_preview' };
}

/** The code typed on the page, else the discounts of the session; throws promotion_code_invalid. */
export function discountsGiven(
  app: App,
  session: CheckoutSession,
  promotionCode: string | undefined,
): DiscountGiven[] {
  if (promotionCode && session.allow_promotion_codes) {
    const promotion = findPromotion(app, promotionCode, session.customer);
    if (!promotion) throw invalid('This code is invalid.', 'promotion_code', 'promotion_code_invalid');
    return [{ promotion_code: promotion.id }];
  }
  return (session.discounts ?? []).map((one) =>
    one.promotion_code ? { promotion_code: one.promotion_code } : { coupon: one.coupon ?? '' },
  );
}

/** Writes the customer: a known one as `customer_update` allows, a new one where the mode makes one; else null. */
export function settleCustomer(
  app: App,
  session: CheckoutSession,
  shaped: Customer,
  given: Completion,
): Customer | null {
  const known = app.store.get('customers', session.customer);
  if (known) {
    app.on(known.test_clock, () => {
      app.change('customers', known, 'customer.updated', (rec) => {
        rec.email = shaped.email;
        rec.name = shaped.name;
        rec.address = shaped.address;
      });
      if (given.taxId) createTaxId(app, known, given.taxId.type, given.taxId.value);
    });
    return known;
  }
  // Payment mode makes a customer only when asked to (customer_creation).
  if (session.mode === 'payment' && session.customer_creation !== 'always') return null;
  if (session.mode === 'setup' && session.customer_creation !== 'always') return null;
  const made = newCustomer(app, { email: shaped.email, name: shaped.name, address: shaped.address });
  app.store.put('customers', made);
  app.emit('customer.created', app.view('customers', made));
  session.customer = made.id;
  if (given.taxId) createTaxId(app, made, given.taxId.type, given.taxId.value);
  return made;
}
