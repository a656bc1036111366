/** When each object next needs the engine, and what is done then: each thing at its own instant. */
import type { App } from '../app';
import { StripeError } from '../errors';
import { expire } from '../records/checkout-sessions';
import { discountDue, takeDiscount } from '../records/customer-discount';
import { subscriptionOf } from '../records/invoices';
import { setStatus } from '../records/subscriptions';
import { verifyTaxId } from '../records/tax-ids';
import type { CheckoutSession, Invoice, PaymentIntent, TableName } from '../types';
import { collect } from './collect';
import { finalize } from './finalize';
import { settleDelayed } from './intents';
import { subscriptionFires } from './renew';
import { advanceSchedule, beginSchedule } from './schedules';

/** A draft finalizes by itself, an open invoice is tried again. */
export function invoiceDue(invoice: Invoice): number | null {
  if (invoice.status === 'draft') return invoice.automatically_finalizes_at;
  if (invoice.status !== 'open') return null;
  const times = [invoice.next_payment_attempt, untold(invoice) ? invoice.due_date : null];
  const known = times.filter((at) => at !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

/** Its due date is still to come or to be told of. https://docs.stripe.com/api/events/types (invoice.overdue) */
function untold(invoice: Invoice): boolean {
  return invoice.collection_method === 'send_invoice' && !invoice._.overdue;
}

/** Not paid by its due date: the subscription is past due (the types' comment at `Subscription.status`). */
function tellOverdue(app: App, invoice: Invoice): void {
  invoice._.overdue = true;
  app.store.put('invoices', invoice);
  app.emit('invoice.overdue', app.view('invoices', invoice));
  const sub = subscriptionOf(app, invoice);
  if (sub?.status === 'active') setStatus(app, sub, 'past_due');
}

/** An open session expires. */
export function sessionDue(session: CheckoutSession): number | null {
  return session.status === 'open' ? session.expires_at : null;
}

function fire(app: App, table: TableName, id: string): void {
  const { store } = app;
  switch (table) {
    case 'tax_ids': {
      const taxId = store.get('tax_ids', id);
      if (taxId?._.verify_at) verifyTaxId(app, taxId);
      break;
    }
    case 'subscriptions': {
      const sub = store.get('subscriptions', id);
      if (sub) subscriptionFires(app, sub);
      break;
    }
    case 'customers': {
      const customer = store.get('customers', id);
      const ends = customer && discountDue(customer);
      if (customer && ends && ends <= app.now) takeDiscount(app, customer);
      break;
    }
    case 'schedules': {
      const schedule = store.get('schedules', id);
      if (schedule?.status === 'not_started') beginSchedule(app, schedule);
      else if (schedule) {
        const sub = store.get('subscriptions', schedule.subscription);
        if (sub) subscriptionFires(app, sub);
        else advanceSchedule(app, schedule);
      }
      break;
    }
    case 'invoices': {
      const invoice = store.get('invoices', id);
      if (invoice) invoiceFires(app, invoice);
      break;
    }
    case 'payment_intents': {
      const intent = store.get('payment_intents', id);
      if (intent) intentFires(app, intent);
      break;
    }
    case 'checkout_sessions': {
      const session = store.get('checkout_sessions', id);
      if (session?.status === 'open') expire(app, session);
      break;
    }
    default:
  }
}

/** A draft that cannot be finalised stays one and says why. https://docs.stripe.com/api/events/types (invoice.finalization_failed) */
function finalizes(app: App, invoice: Invoice): boolean {
  try {
    finalize(app, invoice);
    return true;
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    const { message, code = 'taxes_calculation_failed' } = error.body;
    app.change('invoices', invoice, null, (rec) => {
      rec.automatically_finalizes_at = null;
      rec.last_finalization_error = {
        code: code as 'taxes_calculation_failed',
        message,
        type: 'invalid_request_error',
      };
    });
    app.emit('invoice.finalization_failed', app.view('invoices', invoice));
    return false;
  }
}

function invoiceFires(app: App, invoice: Invoice): void {
  if (
    invoice.status === 'open' &&
    untold(invoice) &&
    invoice.due_date !== null &&
    invoice.due_date <= app.now
  ) {
    tellOverdue(app, invoice);
    return;
  }
  if (invoice.status === 'draft' && !finalizes(app, invoice)) return;
  if (invoice.status !== 'open') return;
  invoice.next_payment_attempt = null;
  if (invoice.collection_method === 'charge_automatically') {
    // A card that waits for 3-D Secure is asked again from the start.
    collect(app, invoice, { automatic: true, offSession: true });
  } else app.emit('invoice.sent', app.view('invoices', invoice));
  app.store.put('invoices', invoice);
}

/** A bank debit has come, or it has not. */
function intentFires(app: App, intent: PaymentIntent): void {
  settleDelayed(app, intent, app.settings.debit_outcome === 'succeeds');
}

/** Everything due at or before `until` on one clock, in order of time. */
export function runDue(app: App, until: number, clock: string | null): number {
  let done = 0;
  let instant = 0;
  const stuck = new Map<string, number>();
  for (let next = app.timers.next(until, clock); next; next = app.timers.next(until, clock)) {
    const due = next;
    instant = Math.max(instant, due.at); // time never runs backwards within a step
    try {
      app.clock.at(instant, () => fire(app, due.table, due.id));
    } catch (error) {
      // One object that cannot go on must not hold the clock for all others.
      console.error(`Local Stripe: ${due.table}/${due.id} failed when it fell due.`, error);
    }
    // A thing that stays due at one instant would hold the clock for ever.
    const key = `${due.table}/${due.id}/${due.at}`;
    const times = (stuck.get(key) ?? 0) + 1;
    stuck.set(key, times);
    if (times < 20) reschedule(app, due.table, due.id);
    else console.error(`Local Stripe: ${key} is due again and again; skipped.`);
    app.store.commit();
    done += 1;
  }
  return done;
}

/** Fired objects were taken off the heap: put them back if something else is still to come. */
function reschedule(app: App, table: TableName, id: string): void {
  const rec = app.store.get(table, id);
  if (rec) app.store.onPut(table, rec);
}
