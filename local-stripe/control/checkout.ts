/** Completing a checkout session without its page. */
import type { App } from '../app';
import { complete } from '../engine/checkout';
import { Refused } from '../http/body';
import { successUrl } from '../pages/checkout';
import { expire, viewSession } from '../records/checkout-sessions';
import { fullAddress } from '../records/customers';
import { schemas } from './schemas';

/** `/_local/checkout/{id}/complete` and `/expire`: the hosted page's own code path, without the page. */
export function checkout(app: App, parts: string[], given: unknown): unknown {
  const [, sessionId, verb] = parts;
  if (!sessionId || parts.length !== 3)
    throw new Refused(404, 'Use /_local/checkout/{session}/complete or /expire.');
  const session = app.need('checkout_sessions', sessionId);
  const customer = app.store.get('customers', session.customer);
  return app.on(customer?.test_clock, () => {
    if (verb === 'expire') {
      schemas.none.parse(given);
      expire(app, session);
      return viewSession(app, session);
    }
    if (verb !== 'complete') throw new Refused(404, 'Use /_local/checkout/{session}/complete or /expire.');
    const wanted = schemas.complete.parse(given);
    const needsPlace = session.billing_address_collection === 'required' || session.automatic_tax.enabled;
    const place =
      wanted.address ??
      (needsPlace && !customer?.address?.country
        ? { country: 'LU', line1: '1 rue de la Gare', postal_code: '1611', city: 'Luxembourg' }
        : undefined);
    const debit = wanted.method === 'sepa_debit' || wanted.outcome === 'async';
    if (debit && !session.payment_method_types.includes('sepa_debit'))
      throw new Refused(400, 'This session offers no bank debit.');
    const number =
      wanted.card === null || debit ? null : (wanted.card ?? '4242424242424242').replace(/\s/g, '');
    const done = complete(app, session, {
      card: number === null ? null : { number },
      email: wanted.email ?? customer?.email ?? session.customer_email ?? 'buyer@example.test',
      name: wanted.name,
      address: place && fullAddress(place),
      taxId: wanted.tax_id ? { type: 'eu_vat', value: wanted.tax_id } : undefined,
      promotionCode: wanted.promotion_code,
      authentication:
        wanted.outcome === 'authentication_failed' || number?.endsWith('3184')
          ? 'failed'
          : /3155$|3220$/.test(number ?? '')
            ? 'passed'
            : undefined,
      debit,
    });
    if (done.kind === 'authenticate') throw new Refused(402, 'This card asks for authentication.');
    return { session: viewSession(app, session), redirect_url: successUrl(session) };
  });
}
