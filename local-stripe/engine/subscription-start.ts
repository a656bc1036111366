/** Starting a subscription and billing its first period. https://docs.stripe.com/billing/subscriptions/overview */
import type { App } from '../app';
import { DAY } from '../clock';
import { invalid } from '../errors';
import { setCancellation } from '../records/cancellation';
import { orCustomers } from '../records/customer-discount';
import { makeDiscount } from '../records/discounts';
import { type Draft, draft } from '../records/drafts';
import { pendingDrafts } from '../records/invoice-items';
import { settleItems } from '../records/item-discounts';
import { refuseSecondCurrency } from '../records/one-currency';
import { nameOf, priceAmount } from '../records/price-words';
import { periodAfter, refuseIntervals, refuseItemCount } from '../records/subscription-items';
import { type StartGiven, shapeSubscription } from '../records/subscription-shape';
import { ENDED, refusal, setStatus, warnTrialEnd } from '../records/subscriptions';
import { refuseBoth } from '../records/tax-rates';
import { refuseTaxOf } from '../records/tax-refusals';
import type { Customer, Price, Subscription } from '../types';
import { collect, foreseeCollection } from './collect';
import { recordCuts, shortened } from './early-end';
import { createInvoice, finalize } from './finalize';
import { DRAFT_TIME } from './subscription-invoice';

/** What the first invoice bills. In trial a line of 0.00 (stripe.md 25). */
export function firstDrafts(app: App, sub: Subscription, prorates = true): Draft[] {
  return sub.items.map((item) => {
    const price = app.store.get('prices', item.price) as Price;
    const start = item.current_period_start;
    const end = shortened(app, sub, item).end;
    const whole = periodAfter(price, start, start);
    const trial = sub.trial_end !== null && sub.trial_end > start;
    const full = priceAmount(price, item.quantity ?? 1);
    const partial = end < whole && !trial;
    const amount = trial
      ? 0
      : partial
        ? prorates
          ? Math.round((full * (end - start)) / (whole - start))
          : 0
        : full;
    const line = draft(app, sub, item, price, amount, start, end, false);
    return trial
      ? {
          ...line,
          trial: true,
          // Each mode has words of its own (billing/subscriptions/billing-mode/compare).
          description:
            sub.billing_mode.type === 'classic'
              ? `Trial period for ${nameOf(app, price)}`
              : `Free trial for ${item.quantity ?? 1} × ${nameOf(app, price)}`,
        }
      : line;
  });
}

const MOST = 500;

/** stripe.md D38: live and scheduled ones together. https://docs.stripe.com/error-codes (customer_max_subscriptions) */
function refuseTooMany(app: App, customer: Customer): void {
  const live = app.store
    .by('subscriptions', 'customer', customer.id)
    .filter((sub) => !ENDED.includes(sub.status)).length;
  if (customer.test_clock && live >= 3)
    throw invalid('A customer of a test clock can have 3 subscriptions.', 'customer'); // stripe.md F6
  const waiting = app.store
    .by('schedules', 'customer', customer.id)
    .filter((schedule) => schedule.status === 'not_started').length;
  if (live + waiting >= MOST) {
    throw invalid(`A customer has ${MOST} subscriptions at most.`, 'customer', 'customer_max_subscriptions');
  }
}

/** Creates and, where there is something to pay, collects. https://docs.stripe.com/billing/subscriptions/overview */
export function startSubscription(app: App, given: StartGiven): Subscription {
  const { customer } = given;
  for (const { price } of given.items) {
    if (!price.recurring)
      throw invalid(
        'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
        'items[0][price]',
      );
    if (!price.active && !price._?.inline)
      throw invalid(
        `The price specified is inactive. This field only accepts active prices.`,
        'items[0][price]',
      );
  }
  refuseItemCount(given.items.length, given.mode ?? 'flexible');
  refuseIntervals(
    given.items.map(({ price }) => price),
    given.mode ?? 'flexible',
  );
  refuseTooMany(app, customer);
  refuseSecondCurrency(app, customer, given.items[0]?.price.currency ?? 'eur', 'currency');
  if (given.automaticTax)
    refuseTaxOf(
      app,
      customer,
      given.items.map(({ price }) => price),
    );
  if (given.behavior === 'error_if_incomplete' && !(given.trialEnd && given.trialEnd > app.now)) {
    const tried = foreseeCollection(app, customer.id, { default_payment_method: given.method ?? null });
    const free = given.items.every(({ price }) => priceAmount(price, 1) === 0);
    if (!free && tried.kind !== 'succeeded' && tried.kind !== 'processing') throw refusal(tried);
  }
  for (const one of given.items.flatMap((item) => item.discounts ?? []))
    makeDiscount(app, one, { customer }, false);
  const subId = app.ids.make('sub');
  const discounts = given.discounts.map((one) =>
    makeDiscount(app, one, {
      customer,
      subscription: subId,
      checkout_session: given.checkoutSession ?? null,
    }),
  );
  const sub = shapeSubscription(app, given, subId, () => app.ids.make('si'), discounts);
  refuseBoth(sub);
  settleItems(app, sub.items, []);
  if (given.cancelAtPeriodEnd !== undefined || given.cancelAt !== undefined)
    setCancellation(app, sub, given.cancelAtPeriodEnd, given.cancelAt);
  if (sub.status !== 'trialing') recordCuts(app, sub, sub.items);
  if (!customer.currency) app.store.put('customers', Object.assign(customer, { currency: sub.currency }));
  app.store.put('subscriptions', sub);
  app.emit('customer.subscription.created', app.view('subscriptions', sub));
  // Trials of three days or less are announced at once (stripe.md 18).
  if (sub.trial_end && sub.trial_end - app.now <= 3 * DAY) warnTrialEnd(app, sub);
  const invoice = createInvoice(app, {
    customer,
    subscription: sub,
    reason: 'subscription_create',
    drafts: [
      // recorded-shapes, invoice: "the line of add_invoice_items comes before the subscription line"
      ...(given.extra ?? []),
      ...firstDrafts(app, sub, given.prorationBehavior !== 'none'),
      ...pendingDrafts(app, sub),
    ],
    discounts: orCustomers(app, customer.id, sub.items, discounts),
    currency: sub.currency,
    periodStart: app.now,
    periodEnd: app.now,
    automaticTax: given.automaticTax,
    autoAdvance: true,
    // https://docs.stripe.com/billing/invoices/subscription (New subscription invoices)
    finalizesAt: given.collection === 'send_invoice' ? app.now + DRAFT_TIME : null,
  });
  sub.latest_invoice = invoice.id;
  app.store.put('subscriptions', sub);
  if (given.collection !== 'send_invoice') finalize(app, invoice);
  if (
    invoice.status === 'open' &&
    given.collection !== 'send_invoice' &&
    given.behavior !== 'default_incomplete'
  ) {
    const tried = collect(app, invoice, {
      automatic: false,
      offSession: !given.authentication,
      ...(given.authentication ? { authentication: given.authentication } : {}),
    });
    // A debit under way counts until it fails (stripe.md D37).
    if (tried.kind === 'processing' && sub.status === 'incomplete') setStatus(app, sub, 'active');
  }
  return sub;
}
