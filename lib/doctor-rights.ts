import type Stripe from 'stripe';
import { type Finding, found } from '@/lib/doctor-findings';
import { stripeError } from './stripe/client';

/** No object has this id: a call that is permitted ends with "no such object", and nothing is changed. */
const NOBODY = 'tierline_doctor';

type Look = (stripe: Stripe) => Promise<unknown>;

/** What the app asks of Stripe, a look for each permission. A write permits the read. */
const looks: Record<string, Look> = {
  'Customers, write': (stripe) => stripe.customers.update(NOBODY, {}),
  'Subscriptions, write': (stripe) => stripe.subscriptions.update(NOBODY, {}),
  'Invoices, write': (stripe) => stripe.invoices.update(NOBODY, {}),
  'Credit notes, write': (stripe) => stripe.creditNotes.update(NOBODY, {}),
  'Checkout Sessions, write': (stripe) => stripe.checkout.sessions.expire(NOBODY),
  'Customer portal, write': (stripe) => stripe.billingPortal.configurations.update(NOBODY, {}),
  'Products, write': (stripe) => stripe.products.update(NOBODY, {}),
  'Prices, write': (stripe) => stripe.prices.update(NOBODY, {}),
  'Charges, read': (stripe) => stripe.charges.list({ limit: 1 }),
  'Disputes, read': (stripe) => stripe.disputes.list({ limit: 1 }),
  'Payment Methods, read': (stripe) => stripe.paymentMethods.retrieve(NOBODY),
  'Events, read': (stripe) => stripe.events.list({ limit: 1 }),
  'Webhook Endpoints, read': (stripe) => stripe.webhookEndpoints.list({ limit: 1 }),
  'Balance, read': (stripe) => stripe.balance.retrieve(),
};
const taxLook: Look = (stripe) => stripe.tax.settings.retrieve();

/**
 * What a restricted key may not do of all that the app asks, one by one, in the words of Stripe's page of keys. Stripe looks
 * at the permission before it looks for the object (stripe.md D10), so that nothing is changed.
 * https://docs.stripe.com/keys/restricted-api-keys
 */
export async function examineRights(stripe: Stripe, hasTax: boolean): Promise<Finding[]> {
  const missing: string[] = [];
  for (const [right, look] of Object.entries(hasTax ? { ...looks, 'Tax, read': taxLook } : looks)) {
    const error = await look(stripe).catch((failure: unknown) => failure);
    if (stripeError(error)?.type === 'StripePermissionError') missing.push(right);
  }
  return missing.length > 0
    ? [found('key', 'problem', 'rights_missing', { count: missing.length, rights: missing.join('; ') })]
    : [found('key', 'ok', 'rights_complete')];
}
