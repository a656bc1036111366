/** `/p/session/{id}`: what the customer portal offers. https://docs.stripe.com/customer-management */
import type Stripe from 'stripe';
import type { App } from '../app';
import { cardBehavior } from '../cards';
import { formatDay } from '../clock';
import { collect, methodFor } from '../engine/collect';
import { productOf } from '../records/catalog';
import { detach, makeCard, setDefault } from '../records/payment-methods';
import { money } from '../records/price-words';
import { followSubscription } from '../records/schedules';
import { confirmSetup, makeSetupIntent } from '../records/setup-intents';
import { ENDED, endNow, periodEnd } from '../records/subscriptions';
import { createTaxId, removeTaxId } from '../records/tax-ids';
import type { Customer, PortalConfiguration, PortalSession, Subscription } from '../types';
import type { Page } from './checkout';
import {
  addressFields,
  addressOf,
  addressValues,
  authenticationForm,
  cardFields,
  cardOf,
  type Fields,
} from './fields';
import { type Html, html, layout, notice } from './layout';

interface Here {
  app: App;
  session: PortalSession;
  configuration: PortalConfiguration;
  customer: Customer;
}

function find(app: App, sessionId: string): Here | Page {
  const session = app.store.get('portal_sessions', sessionId);
  const configuration = app.store.get('portal_configurations', session?.configuration);
  const customer = app.store.get('customers', session?.customer);
  if (!session || !configuration || !customer)
    return { status: 404, html: notice('Not found', 'This portal link does not exist.') };
  return { app, session, configuration, customer };
}

export function portalPage(
  app: App,
  sessionId: string,
  problem?: string,
  done?: string,
  values: Fields = {},
): Page {
  const here = find(app, sessionId);
  if ('status' in here) return here;
  const { session } = here;
  const flow = session.flow?.type;
  const parts =
    flow === 'payment_method_update'
      ? [addCard(here, values)]
      : flow === 'subscription_cancel'
        ? [subscriptions(here, session.flow?.subscription_cancel?.subscription)]
        : [
            subscriptions(here),
            methods(here),
            flow ? '' : addCard(here, values),
            details(here),
            invoices(here),
          ];
  const body = html`${session.return_url && html`<p><a href="${session.return_url}">← Return to the shop</a></p>`}
    <h1>${here.configuration.business_profile.headline ?? 'Your billing'}</h1>
    ${problem && html`<p class="note bad" role="alert">${problem}</p>`}${done && html`<p class="note ok" role="status">${done}</p>`}
    ${parts}`;
  return { status: problem ? 402 : 200, html: layout('Customer portal', body, flow ? 'narrow' : 'wide') };
}

function nameOf(app: App, sub: Subscription): string {
  return sub.items
    .map((item) => {
      const price = app.store.get('prices', item.price);
      return (price && productOf(app, price)?.name) ?? 'Subscription';
    })
    .join(', ');
}

function amountOf(app: App, sub: Subscription): string {
  const item = sub.items[0];
  const price = app.store.get('prices', item?.price);
  return price
    ? `${money((price.unit_amount ?? 0) * (item?.quantity ?? 1), price.currency)} per ${price.recurring?.interval ?? 'period'}`
    : '';
}

function stateOf(sub: Subscription): string {
  if (sub.cancel_at !== null) return `Cancels on ${formatDay(sub.cancel_at)}`;
  if (sub.status === 'trialing' && sub.trial_end) return `Trial until ${formatDay(sub.trial_end)}`;
  if (sub.status === 'past_due' || sub.status === 'unpaid') return 'Payment overdue';
  return sub.status === 'active' ? `Renews on ${formatDay(periodEnd(sub))}` : sub.status.replaceAll('_', ' ');
}

const WORDS: Record<string, string> = {
  too_expensive: 'It is too expensive',
  missing_features: 'It lacks features I need',
  switched_service: 'I found an alternative',
  unused: 'I no longer need it',
  customer_service: 'Customer service was not good enough',
  too_complex: 'It is too hard to use',
  low_quality: 'The quality was not good enough',
  other: 'Another reason',
};

function subscriptions(here: Here, only?: string): Html {
  const { app, configuration, customer } = here;
  const live = app.store
    .by('subscriptions', 'customer', customer.id)
    .filter((sub) => !ENDED.includes(sub.status) && (!only || sub.id === only));
  const cancel = configuration.features.subscription_cancel;
  return html`<section aria-labelledby="subscriptions"><h2 id="subscriptions">Current subscriptions</h2>
    ${live.length === 0 && html`<p class="card soft">No subscriptions.</p>`}
    ${live.map(
      (
        sub,
      ) => html`<div class="card"><p class="big">${nameOf(app, sub)}</p><p>${amountOf(app, sub)}</p><p class="soft">${stateOf(sub)}</p>
      ${
        sub.cancel_at !== null && !sub.schedule
          ? html`<form method="post">${field('subscription', sub.id)}<button class="main" name="do" value="reactivate">Don't cancel</button></form>`
          : cancel.enabled &&
            !sub.schedule &&
            html`<form method="post">${field('subscription', sub.id)}
            ${
              cancel.cancellation_reason.enabled &&
              html`<label for="why-${sub.id}">Why do you want to cancel?</label><select id="why-${sub.id}" name="feedback"><option value="">Choose…</option>
              ${cancel.cancellation_reason.options.map((one) => html`<option value="${one}">${WORDS[one] ?? one}</option>`)}</select>
              <label for="more-${sub.id}">Anything else?</label><input id="more-${sub.id}" name="comment">`
            }
            <p><button class="danger" name="do" value="cancel">Cancel subscription</button></p></form>`
      }</div>`,
    )}</section>`;
}

function field(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}

function methods({ app, configuration, customer }: Here): Html | string {
  const cards = app.store.by('payment_methods', 'customer', customer.id);
  if (!configuration.features.payment_method_update.enabled && cards.length === 0) return '';
  const usual = customer.invoice_settings.default_payment_method;
  return html`<section aria-labelledby="methods"><h2 id="methods">Payment methods</h2><ul class="rows card">
    ${cards.length === 0 && html`<li class="soft">No card saved.</li>`}
    ${cards.map(
      (
        method,
      ) => html`<li><span>${method.card?.brand} •••• ${method.card?.last4} <span class="soft">expires ${method.card?.exp_month}/${method.card?.exp_year}</span> ${method.id === usual && html`<span class="tag">Default</span>`}</span>
      ${
        configuration.features.payment_method_update.enabled &&
        method.id !== usual &&
        html`<form method="post" class="actions">${field('method', method.id)}<button name="do" value="default">Make default</button> <button class="danger" name="do" value="remove">Remove</button></form>`
      }</li>`,
    )}</ul></section>`;
}

function addCard({ configuration }: Here, values: Fields): Html | string {
  if (!configuration.features.payment_method_update.enabled) return '';
  return html`<section aria-labelledby="add"><h2 id="add">Add a card</h2><form class="card" method="post">${cardFields(values)}
    <p><label><input type="checkbox" name="default" value="1" checked>Use as default for my subscriptions</label></p>
    <button class="main wide" name="do" value="add">Save card</button></form></section>`;
}

function details({ app, configuration, customer }: Here): Html | string {
  const update = configuration.features.customer_update;
  if (!update.enabled) return '';
  const may = new Set<string>(update.allowed_updates);
  const taxIds = app.store.by('tax_ids', 'customer', customer.id);
  return html`<section aria-labelledby="details"><h2 id="details">Billing information</h2><form class="card" method="post">
    ${may.has('name') && html`<label for="p-name">Name</label><input id="p-name" name="name" value="${customer.name ?? ''}">`}
    ${may.has('email') && html`<label for="p-email">Email</label><input id="p-email" name="email" type="email" value="${customer.email ?? ''}">`}
    ${may.has('address') && addressFields(addressValues(customer.address), false)}
    <button class="main wide" name="do" value="details">Save</button></form>
    ${
      may.has('tax_id') &&
      html`<div class="card"><h2>Tax IDs</h2><ul class="rows">${taxIds.map(
        (taxId) =>
          html`<li><span>${taxId.value} <span class="tag">${taxId.verification?.status}</span></span><form method="post">${field('tax_id', taxId.id)}<button name="do" value="remove_tax_id">Remove</button></form></li>`,
      )}</ul><form method="post"><label for="vat">VAT number</label><input id="vat" name="value" placeholder="LU26375245"><p><button name="do" value="tax_id">Add</button></p></form></div>`
    }</section>`;
}

function invoices({ app, configuration, customer }: Here): Html | string {
  if (!configuration.features.invoice_history.enabled) return '';
  const list = app.store
    .by('invoices', 'customer', customer.id)
    .filter((one) => one.status !== 'draft')
    .reverse()
    .slice(0, 24);
  return html`<section aria-labelledby="invoices"><h2 id="invoices">Invoice history</h2><div class="card scroll"><table><thead><tr><th>Date</th><th class="num">Amount</th><th>Status</th><th>Links</th></tr></thead><tbody>
    ${list.map(
      (
        one,
      ) => html`<tr><td>${formatDay(one.created)}</td><td class="num">${money(one.total, one.currency)}</td><td>${one.status}</td>
      <td><a href="/i/${one.id}">${one.status === 'open' ? 'Pay' : 'View'}</a> · <a href="/i/${one.id}/pdf">PDF</a></td></tr>`,
    )}</tbody></table></div></section>`;
}

export function portalPost(app: App, sessionId: string, values: Fields): Page {
  const here = find(app, sessionId);
  if ('status' in here) return here;
  try {
    const result = app.on(here.customer.test_clock, () => act(here, values));
    if (typeof result !== 'string') return result;
    const after = here.session.flow?.after_completion;
    if (after?.type === 'redirect' && after.redirect)
      return { status: 303, location: after.redirect.return_url };
    if (after?.type === 'hosted_confirmation')
      return { status: 200, html: notice('Done', after.hosted_confirmation?.custom_message ?? result) };
    return portalPage(app, sessionId, undefined, result);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return portalPage(app, sessionId, error.message, undefined, { ...values, card: '', cvc: '' });
  }
}

function act(here: Here, values: Fields): string | Page {
  const { app, configuration, customer } = here;
  const allowed = configuration.features;
  switch (values.do ?? (values.authentication ? 'add' : '')) {
    case 'cancel':
      return cancel(here, values);
    case 'reactivate': {
      const sub = own(here, values.subscription);
      app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
        rec.cancel_at = null;
        rec.cancel_at_period_end = false;
        rec.canceled_at = null;
        rec.cancellation_details = { comment: null, feedback: null, feedback_option: null, reason: null };
      });
      return 'Your subscription goes on.';
    }
    case 'add':
      if (!allowed.payment_method_update.enabled) throw new Error('Cards cannot be changed here.');
      return addCardNow(here, values);
    case 'default': {
      setDefault(app, customer, card(here, values.method));
      retryOpen(here);
      return 'Default card changed.';
    }
    case 'remove': {
      const method = app.store.get('payment_methods', card(here, values.method));
      if (method) detach(app, method);
      return 'Card removed.';
    }
    case 'details': {
      const may = new Set<string>(allowed.customer_update.allowed_updates);
      app.change('customers', customer, 'customer.updated', (rec) => {
        if (may.has('name') && values.name !== undefined) rec.name = values.name || null;
        if (may.has('email') && values.email) rec.email = values.email;
        if (may.has('address') && values.country) rec.address = addressOf(values) ?? null;
      });
      return 'Saved.';
    }
    case 'tax_id':
      if (!allowed.customer_update.allowed_updates.includes('tax_id'))
        throw new Error('Tax IDs cannot be changed here.');
      createTaxId(app, customer, 'eu_vat', values.value ?? '');
      return 'Tax ID added. It is being checked.';
    case 'remove_tax_id': {
      const taxId = app.store.get('tax_ids', values.tax_id);
      if (taxId?.customer === customer.id) removeTaxId(app, taxId);
      return 'Tax ID removed.';
    }
    default:
      throw new Error('Nothing was chosen.');
  }
}

function own({ app, customer }: Here, subId: string | undefined): Subscription {
  const sub = app.store.get('subscriptions', subId);
  if (!sub || sub.customer !== customer.id || ENDED.includes(sub.status))
    throw new Error('This subscription has ended.');
  if (sub.schedule) throw new Error('A change of this subscription is scheduled; cancel that first.');
  return sub;
}

function card({ app, customer }: Here, methodId: string | undefined): string {
  const method = app.store.get('payment_methods', methodId);
  if (!method || method.customer !== customer.id) throw new Error('This card is no longer there.');
  return method.id;
}

/** On flexible billing the portal sets `cancel_at` and leaves the flag false (stripe.md 15). */
function cancel(here: Here, values: Fields): string {
  const { app, configuration } = here;
  const feature = configuration.features.subscription_cancel;
  if (!feature.enabled) throw new Error('Subscriptions cannot be cancelled here.');
  const sub = own(here, values.subscription);
  const feedback = (values.feedback || null) as Stripe.Subscription.CancellationDetails.Feedback | null;
  if (feature.mode === 'immediately') {
    endNow(app, sub, 'cancellation_requested', { comment: values.comment || null, feedback });
    return 'Your subscription has ended.';
  }
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.cancel_at = rec.status === 'trialing' && rec.trial_end ? rec.trial_end : periodEnd(rec);
    rec.canceled_at = app.now;
    rec.cancellation_details = {
      comment: values.comment || null,
      feedback,
      feedback_option: null,
      reason: 'cancellation_requested',
    };
  });
  return `Your subscription ends on ${formatDay(sub.cancel_at ?? app.now)}.`;
}

function addCardNow(here: Here, values: Fields): string | Page {
  const { app, session, customer } = here;
  const given = cardOf(values, app.now);
  const behavior = cardBehavior(given.number);
  if (behavior.kind === 'authenticates' && !values.authentication) {
    const { do: _do, ...carried } = values;
    return {
      status: 200,
      html: layout(
        'Authenticate',
        authenticationForm(`/p/session/${session.id}`, 'the card asks for authentication', carried),
        'narrow',
      ),
    };
  }
  const intent = makeSetupIntent(app, customer.id);
  const method = makeCard(app, { ...given, name: customer.name, email: customer.email });
  const failed = values.authentication === 'failed' || (behavior.kind === 'authenticates' && behavior.fails);
  const outcome = confirmSetup(
    app,
    intent,
    method,
    behavior.kind === 'authenticates' ? (failed ? 'failed' : 'passed') : undefined,
  );
  if (typeof outcome !== 'string') throw new Error(outcome.message);
  if (values.default || !customer.invoice_settings.default_payment_method) {
    setDefault(app, customer, method.id);
    // The new card takes over from cards set on single subscriptions too.
    for (const sub of app.store.by('subscriptions', 'customer', customer.id)) {
      if (ENDED.includes(sub.status) || !sub.default_payment_method) continue;
      app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
        rec.default_payment_method = method.id;
      });
      followSubscription(app, sub, { default_payment_method: method.id });
    }
    retryOpen(here);
  }
  return 'Your card was saved.';
}

/** Invoices that failed are tried with the new card at once. */
function retryOpen({ app, customer }: Here): void {
  for (const invoice of app.store.by('invoices', 'customer', customer.id)) {
    if (invoice.status !== 'open' || invoice.collection_method !== 'charge_automatically') continue;
    const sub = app.store.get('subscriptions', invoice._.subscription);
    if (sub && (ENDED.includes(sub.status) || sub._.pending_invoice === invoice.id)) continue;
    if (methodFor(app, invoice, sub)) collect(app, invoice, { automatic: false, offSession: true });
  }
}
