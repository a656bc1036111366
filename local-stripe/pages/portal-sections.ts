/** What the portal’s page shows. */
import { html } from 'hono/html';
import type { App } from '../app';
import { formatDay } from '../clock';
import { money } from '../records/price-words';
import { productOf } from '../records/products';
import { ENDED, periodEnd } from '../records/subscriptions';
import type { Customer, PortalConfiguration, PortalSession, Subscription } from '../types';
import { addressFields, addressValues, cardFields, type Fields, hiddenField } from './fields';
import type { Html } from './layout';

export interface Here {
  app: App;
  session: PortalSession;
  configuration: PortalConfiguration;
  customer: Customer;
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

export function subscriptions(here: Here, only?: string): Html {
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
          ? html`<form method="post">${hiddenField('subscription', sub.id)}<button class="main" name="do" value="reactivate">Don't cancel</button></form>`
          : cancel.enabled &&
            !sub.schedule &&
            html`<form method="post">${hiddenField('subscription', sub.id)}
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

export function methods({ app, configuration, customer }: Here): Html | string {
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
        html`<form method="post" class="actions">${hiddenField('method', method.id)}<button name="do" value="default">Make default</button> <button class="danger" name="do" value="remove">Remove</button></form>`
      }</li>`,
    )}</ul></section>`;
}

export function addCard({ configuration }: Here, values: Fields): Html | string {
  if (!configuration.features.payment_method_update.enabled) return '';
  return html`<section aria-labelledby="add"><h2 id="add">Add a card</h2><form class="card" method="post">${cardFields(values)}
    <p><label><input type="checkbox" name="default" value="1" checked>Use as default for my subscriptions</label></p>
    <button class="main wide" name="do" value="add">Save card</button></form></section>`;
}

export function details({ app, configuration, customer }: Here): Html | string {
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
          html`<li><span>${taxId.value} <span class="tag">${taxId.verification?.status}</span></span><form method="post">${hiddenField('tax_id', taxId.id)}<button name="do" value="remove_tax_id">Remove</button></form></li>`,
      )}</ul><form method="post"><label for="vat">VAT number</label><input id="vat" name="value" placeholder="LU26375245"><p><button name="do" value="tax_id">Add</button></p></form></div>`
    }</section>`;
}

export function invoices({ app, configuration, customer }: Here): Html | string {
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
