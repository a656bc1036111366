/** `/`: objects, events, deliveries, the clock, the faults, and a button for each control. */
import { html } from 'hono/html';
import type { ApiFault } from '../api/api';
import type { App } from '../app';
import { formatDay } from '../clock';
import type { TableName } from '../types';
import type { WebhookFault } from '../webhooks/deliver';
import type { Page } from './checkout';
import { hiddenField } from './fields';
import { type Html, layout, notice } from './layout';

const SHOWN: [TableName, string][] = [
  ['customers', 'Customers'],
  ['subscriptions', 'Subscriptions'],
  ['invoices', 'Invoices'],
  ['checkout_sessions', 'Checkout sessions'],
  ['schedules', 'Schedules'],
  ['payment_intents', 'Payment intents'],
  ['payment_methods', 'Cards'],
  ['products', 'Products'],
  ['prices', 'Prices'],
  ['coupons', 'Coupons'],
  ['promotion_codes', 'Promotion codes'],
  ['tax_ids', 'Tax IDs'],
  ['refunds', 'Refunds'],
  ['credit_notes', 'Credit notes'],
  ['disputes', 'Disputes'],
  ['test_clocks', 'Test clocks'],
  ['webhook_endpoints', 'Webhook endpoints'],
  ['events', 'Events'],
];

function last<T>(all: Iterable<T>, count: number): T[] {
  return [...all].slice(-count).reverse();
}

function post(action: string, fields: Html, button: string): Html {
  return html`<form method="post" action="/_local/${action}" class="actions">${fields}<button>${button}</button></form>`;
}

/** What the front page asks of `/_local`, which stands above the pages and hands itself in. */
export interface Controls {
  clock(): { now: number; advancing: boolean };
  faults(): { webhooks: WebhookFault; api: ApiFault | null };
  deliveries(): {
    event: string;
    type: string;
    endpoint: string;
    status: string;
    attempt: number;
    at: string;
    ms: number | null;
    http_status: number | null;
    error: string | null;
  }[];
}

export function frontPage(app: App, control: Controls): Page {
  const clock = control.clock();
  const faults = control.faults();
  const deliveries = control.deliveries().slice(-25).reverse();
  const events = last(app.store.all('events'), 25);
  const modes = ['normal', 'duplicate', 'shuffle', 'delay', 'drop'];
  return {
    status: 200,
    html: layout(
      'Local Stripe',
      html`<h1>Local Stripe</h1>
      <div class="two"><section class="card" aria-labelledby="clock"><h2 id="clock">Clock</h2>
        <p class="big">${formatDay(clock.now)}</p><p class="soft">${new Date(clock.now * 1000).toISOString()}${clock.advancing ? ' · advancing…' : ''}</p>
        <div class="actions">${[1, 7, 31, 365].map((days) => post('advance', hiddenField('days', days), `+ ${days} ${days === 1 ? 'day' : 'days'}`))}</div></section>
      <section class="card" aria-labelledby="faults"><h2 id="faults">Faults</h2>
        <p>Webhooks: <strong>${faults.webhooks}</strong> · API: <strong>${faults.api ? `${faults.api.status} for the next ${faults.api.next}` : 'normal'}</strong></p>
        ${post(
          'faults',
          html`<div><label for="mode">Webhooks</label><select id="mode" name="webhooks">${modes.map((mode) => html`<option${mode === faults.webhooks ? html` selected` : ''}>${mode}</option>`)}</select></div>`,
          'Set',
        )}
        ${post(
          'faults',
          html`<div><label for="status">API answers</label><select id="status" name="api[status]"><option>500</option><option>429</option><option>timeout</option></select></div>
          <div><label for="next">for the next</label><input id="next" name="api[next]" type="number" min="0" value="1"></div>`,
          'Set',
        )}
        <details><summary>Start over</summary><p>Deletes every object, event and delivery.</p>${post('reset', html``, 'Reset everything')}</details></section></div>
      <section class="card" aria-labelledby="objects"><h2 id="objects">Objects</h2><p>${SHOWN.map(([table, name]) => html`<a href="/objects/${table}">${name}</a> <span class="tag">${app.store.count(table)}</span> `)}</p></section>
      <section class="card" aria-labelledby="deliveries"><h2 id="deliveries">Latest deliveries</h2><div class="scroll"><table><thead><tr><th>At</th><th>Event</th><th>To</th><th>Status</th><th class="num">ms</th></tr></thead><tbody>
        ${deliveries.length === 0 && html`<tr><td colspan="5" class="soft">None yet. Make a webhook endpoint first.</td></tr>`}
        ${deliveries.map((one) => html`<tr><td>${one.at.slice(11, 19)}</td><td><a href="/objects/events/${one.event}">${one.type}</a></td><td>${one.endpoint}</td><td>${one.status}${one.attempt > 1 ? ` (try ${one.attempt})` : ''} ${one.http_status ?? one.error ?? ''}</td><td class="num">${one.ms ?? ''}</td></tr>`)}
      </tbody></table></div></section>
      <section class="card" aria-labelledby="events"><h2 id="events">Latest events</h2><div class="scroll"><table><thead><tr><th>Created</th><th>Type</th><th>Object</th><th>Again</th></tr></thead><tbody>
        ${events.map((one) => html`<tr><td>${new Date(one.created * 1000).toISOString().slice(0, 16).replace('T', ' ')}</td><td><a href="/objects/events/${one.id}">${one.type}</a></td><td><code>${one.object_id}</code></td><td>${post('deliver', hiddenField('event', one.id), 'Deliver')}</td></tr>`)}
      </tbody></table></div></section>`,
    ),
  };
}

export function objectsPage(app: App, table: string, id?: string): Page {
  const known = SHOWN.find(([name]) => name === table);
  if (!known)
    return {
      status: 404,
      html: notice('Not found', 'There is no such list.', { href: '/', text: 'To the front page' }),
    };
  const [name, title] = known;
  const back = html`<p><a href="${id ? `/objects/${name}` : '/'}">← Back</a></p>`;
  if (id) {
    const rec = app.store.get(name, id);
    if (!rec)
      return {
        status: 404,
        html: notice('Not found', 'There is no such object.', { href: '/', text: 'To the front page' }),
      };
    return {
      status: 200,
      html: layout(
        id,
        html`${back}<h1>${id}</h1><pre class="card scroll"><code>${JSON.stringify(app.view(name, rec), null, 2)}</code></pre>`,
      ),
    };
  }
  const rows = last(app.store.all(name) as Iterable<{ id: string }>, 200);
  return {
    status: 200,
    html: layout(
      title,
      html`${back}<h1>${title}</h1><div class="card scroll"><table><thead><tr><th>Id</th><th>What</th></tr></thead><tbody>
      ${rows.map((rec) => html`<tr><td><a href="/objects/${name}/${rec.id}"><code>${rec.id}</code></a></td><td>${words(rec)}</td></tr>`)}</tbody></table></div>`,
    ),
  };
}

function words(rec: object): string {
  const seen = rec as Record<string, unknown>;
  return ['type', 'name', 'email', 'status', 'number', 'lookup_key', 'code', 'url', 'value']
    .map((key) => seen[key])
    .filter((value) => typeof value === 'string')
    .join(' · ');
}
