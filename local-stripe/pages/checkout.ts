/** `/c/pay/{session}`: what Checkout shows. https://docs.stripe.com/payments/checkout */
import { html } from 'hono/html';
import type { App } from '../app';
import { cardBehavior } from '../cards';
import { formatDay } from '../clock';
import { complete } from '../engine/checkout';
import { type Completion, discountsGiven, draftCustomer } from '../engine/checkout-customer';
import { StripeError } from '../errors';
import { type Quote, quote } from '../records/checkout-quote';
import { money } from '../records/price-words';
import type { CheckoutSession } from '../types';
import {
  addressFields,
  addressOf,
  addressValues,
  authenticationForm,
  cardFields,
  cardOf,
  type Fields,
} from './fields';
import { type Html, layout, notice } from './layout';

export interface Page {
  status: number;
  html?: string;
  location?: string;
}

export function checkoutPage(app: App, sessionId: string, values: Fields = {}, problem?: string): Page {
  const session = app.store.get('checkout_sessions', sessionId);
  if (!session)
    return { status: 404, html: notice('Not found', 'There is no checkout session with this address.') };
  const back = session.cancel_url ? { href: session.cancel_url, text: 'Back to the shop' } : null;
  if (session.status === 'complete') {
    return {
      status: 200,
      html: notice('Already paid', 'You have completed this checkout. Nothing more to do here.', back),
    };
  }
  if (session.status === 'expired') {
    return {
      status: 410,
      html: notice(
        'This link has expired',
        'This checkout session is no longer open. Go back and start again.',
        back,
      ),
    };
  }
  return app.on(app.store.get('customers', session.customer)?.test_clock, () => ({
    status: problem ? 402 : 200,
    html: open(app, session, values, problem),
  }));
}

function open(app: App, session: CheckoutSession, given: Fields, problem?: string): string {
  const known = app.store.get('customers', session.customer);
  const values: Fields = {
    email: known?.email ?? session.customer_email ?? '',
    name: known?.name ?? '',
    ...addressValues(known?.address),
    ...given,
  };
  const customer = draftCustomer(app, session, { address: addressOf(values) });
  let trouble = problem;
  let amounts: Quote | null = null;
  if (session.mode !== 'setup') {
    try {
      amounts = quote(
        app,
        session,
        customer,
        discountsGiven(app, session, values.promotion_code || undefined),
      );
    } catch (error) {
      trouble ??= words(error);
      amounts = quote(app, session, customer, []);
    }
  }
  const wantsCard = !amounts || amounts.dueToday > 0 || session.payment_method_collection !== 'if_required';
  const needsAddress = session.billing_address_collection === 'required' || session.automatic_tax.enabled;
  const action = `/c/pay/${session.id}`;
  return layout(
    title(session, amounts),
    html`<div class="two"><section aria-label="What you buy">
      ${session.cancel_url && html`<p><a href="${session.cancel_url}">← Back</a></p>`}
      ${amounts && summary(session, amounts)}
      ${session.mode === 'setup' && html`<h1>Save a card</h1><p class="soft">Nothing is charged now.</p>`}
    </section><section aria-label="Payment">
      ${trouble && html`<p class="note bad" role="alert">${trouble}</p>`}
      <form class="card" method="post" action="${action}">
        <label for="email">Email</label>
        <input id="email" name="email" type="email" autocomplete="email" value="${values.email}"${values.email && (known?.email || session.customer_email) ? html` readonly` : ''} required>
        ${wantsCard && cardFields(values)}
        <label for="name">Name on card</label><input id="name" name="name" autocomplete="name" value="${values.name}">
        ${(needsAddress || session.billing_address_collection === 'auto') && addressFields(values, needsAddress)}
        ${
          session.tax_id_collection?.enabled &&
          html`<fieldset><legend>Business purchase (optional)</legend>
          <label for="business_name">Business name</label><input id="business_name" name="business_name" autocomplete="organization" value="${values.business_name ?? ''}">
          <label for="tax_id">VAT number</label><input id="tax_id" name="tax_id" placeholder="LU26375245" value="${values.tax_id ?? ''}"></fieldset>`
        }
        ${
          session.allow_promotion_codes &&
          html`<label for="promotion_code">Promotion code</label>
          <div class="pair"><input id="promotion_code" name="promotion_code" value="${values.promotion_code ?? ''}">
          <button name="do" value="apply" formnovalidate>Apply</button></div>`
        }
        ${session.automatic_tax.enabled && html`<p><button name="do" value="apply" formnovalidate>Update tax and total</button></p>`}
        <button class="main wide" name="do" value="pay">${buttonWords(session, amounts)}</button>
        <p class="soft">Test cards: 4242 4242 4242 4242 pays, …0002 is declined, …3155 asks for authentication. Any future date, any CVC.</p>
      </form></section></div>`,
  );
}

function title(session: CheckoutSession, amounts: Quote | null): string {
  if (session.mode === 'setup' || !amounts) return 'Save a card';
  return session.mode === 'subscription' ? 'Subscribe' : 'Pay';
}

function buttonWords(session: CheckoutSession, amounts: Quote | null): string {
  if (!amounts) return 'Save card';
  if (amounts.trialEnd) return 'Start trial';
  return session.mode === 'subscription' ? 'Subscribe' : `Pay ${money(amounts.total, amounts.currency)}`;
}

function summary(session: CheckoutSession, amounts: Quote): Html {
  const recurring = amounts.lines.find(({ price }) => price.recurring)?.price.recurring;
  const every = recurring
    ? recurring.interval_count > 1
      ? `every ${recurring.interval_count} ${recurring.interval}s`
      : `per ${recurring.interval}`
    : '';
  const later = amounts.trialEnd
    ? `, then ${money(amounts.total, amounts.currency)}/${recurring?.interval ?? ''} from ${formatDay(amounts.trialEnd)}`
    : '';
  const percent = amounts.lines.find((row) => row.taxPercent)?.taxPercent;
  return html`<h1>${title(session, amounts)}</h1>
    <p class="big">${money(amounts.dueToday, amounts.currency)}</p>
    <p class="soft">${amounts.trialEnd ? `${money(amounts.dueToday, amounts.currency)} today${later}` : every}</p>
    <ul class="rows card">
      ${amounts.lines.map(
        ({ line, price }) =>
          html`<li><span>${line.description ?? 'Item'}${(line.quantity ?? 1) > 1 ? ` × ${line.quantity ?? 1}` : ''}${
            price.recurring
              ? html`<br><span class="soft">billed every ${price.recurring.interval}</span>`
              : ''
          }</span><span>${money(line.quantity && price.unit_amount !== null ? price.unit_amount * line.quantity : 0, amounts.currency)}</span></li>`,
      )}
      ${amounts.discount > 0 && html`<li><span>Discount</span><span>${money(-amounts.discount, amounts.currency)}</span></li>`}
      ${session.automatic_tax.enabled && html`<li><span>VAT${percent ? ` (${percent} %)` : ''}</span><span>${money(amounts.tax, amounts.currency)}</span></li>`}
      <li class="sum"><span>${amounts.trialEnd ? 'Total after trial' : 'Total'}</span><span>${money(amounts.total, amounts.currency)}</span></li>
      <li class="sum"><span>Due today</span><span>${money(amounts.dueToday, amounts.currency)}</span></li>
    </ul>`;
}

function words(error: unknown): string {
  if (error instanceof StripeError || error instanceof Error) return error.message;
  return 'Something went wrong. Try again.';
}

/** A decline shows the page again with its plain words; nothing was changed. */
export function checkoutPost(app: App, sessionId: string, values: Fields): Page {
  const session = app.store.get('checkout_sessions', sessionId);
  if (session?.status !== 'open') return checkoutPage(app, sessionId);
  if (values.do === 'apply') return { ...checkoutPage(app, sessionId, values), status: 200 };
  try {
    const done = app.on(app.store.get('customers', session.customer)?.test_clock, () =>
      complete(app, session, completionOf(app, values)),
    );
    if (done.kind === 'authenticate') {
      const { authentication: _answer, do: _do, ...carried } = values;
      return {
        status: 200,
        html: layout(
          'Authenticate your payment',
          authenticationForm(`/c/pay/${session.id}`, 'the card asks for authentication', carried),
          'narrow',
        ),
      };
    }
  } catch (error) {
    if (!(error instanceof StripeError) && !(error instanceof Error)) throw error;
    return checkoutPage(app, sessionId, { ...values, card: '', cvc: '' }, words(error));
  }
  return { status: 303, location: successUrl(session) };
}

export function successUrl(session: CheckoutSession): string {
  return (session.success_url ?? '/').replaceAll('{CHECKOUT_SESSION_ID}', session.id);
}

function completionOf(app: App, values: Fields): Completion {
  const taxId = values.tax_id?.trim();
  const card = values.card === undefined ? null : cardOf(values, app.now);
  let authentication: 'passed' | 'failed' | undefined;
  if (values.authentication === 'passed' || values.authentication === 'failed') {
    const behavior = card ? cardBehavior(card.number) : null;
    authentication = behavior?.kind === 'authenticates' && behavior.fails ? 'failed' : values.authentication;
  }
  return {
    card,
    email: values.email || undefined,
    name: values.business_name || values.name || undefined,
    businessName: values.business_name || undefined,
    address: addressOf(values),
    taxId: taxId ? { type: 'eu_vat', value: taxId } : undefined,
    promotionCode: values.promotion_code?.trim() || undefined,
    authentication,
  };
}
