/** How often one subscription may be billed and changed (stripe.md D52). https://docs.stripe.com/rate-limits */
import type { App } from '../app';
import { DAY, HOUR } from '../clock';
import { StripeError } from '../errors';
import type { Subscription } from '../types';

const MINUTE = 60;

function refuse(words: string): never {
  throw new StripeError(429, { type: 'invalid_request_error', code: 'rate_limit', message: words }, false);
}

/** 10 new invoices a minute and 20 a day; before anything is written, while `settings.rate` is on. */
export function limitInvoices(app: App, sub: Subscription): void {
  if (app.settings.rate === 'off' || !app.request) return;
  const made = app.store.by('invoices', 'subscription', sub.id).map((invoice) => invoice.created);
  if (made.filter((at) => at > app.now - MINUTE).length >= 10)
    refuse('At most 10 new invoices a minute for one subscription.');
  if (made.filter((at) => at > app.now - DAY).length >= 20)
    refuse('At most 20 new invoices a day for one subscription.');
}

/** 200 changes of quantity an hour. */
export function limitQuantities(app: App, sub: Subscription, changes: boolean): void {
  if (app.settings.rate === 'off' || !app.request || !changes) return;
  const recent = (sub._.quantity_updates ?? []).filter((at) => at > app.now - HOUR);
  if (recent.length >= 200) refuse('At most 200 changes of quantity an hour for one subscription.');
  sub._.quantity_updates = [...recent, app.now];
}
