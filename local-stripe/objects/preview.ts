/** What an invoice would be: the same decisions as the real thing, nothing written. https://docs.stripe.com/api/invoices/create_preview */
import { z } from 'zod';
import type { App } from '../app';
import { DAY } from '../clock';
import { planChange } from '../engine/changes';
import type { Draft } from '../engine/invoicing';
import { upcomingInvoice } from '../engine/renew';
import { invalid, StripeError } from '../errors';
import {
  address,
  bool,
  clearable,
  discountGiven,
  expand,
  filled,
  ignored,
  int,
  parse,
  text,
} from '../http/params';
import type { Call } from '../http/router';
import type { Customer, Discount, Invoice, Subscription, SubscriptionItem } from '../types';
import { itemChanges, priceFor } from './catalog';
import { fullAddress, getCustomer, newCustomer } from './customers';
import { makeDiscount } from './discounts';
import { shapeInvoice, viewInvoice } from './invoices';
import { getSchedule, resolvePhases } from './schedules';
import {
  anchorChange,
  cancelAt,
  itemParams,
  phaseParams,
  prorationBehavior,
  trialEnd,
} from './subscription-params';
import {
  discountsOf,
  ENDED,
  firstDrafts,
  getSubscription,
  pendingDrafts,
  periodEnd,
  shapeSubscription,
} from './subscriptions';

const details = z.strictObject({
  billing_cycle_anchor: z
    .union([
      anchorChange,
      z.enum(['now', 'unchanged']).transform((type) => ({ type })),
      int.transform((at) => ({ type: 'at' as const, at })),
    ])
    .optional(),
  billing_mode: ignored,
  cancel_at: cancelAt.optional(),
  cancel_at_period_end: bool.optional(),
  cancel_now: bool.optional(),
  items: z.array(itemParams).optional(),
  metadata: ignored,
  default_tax_rates: ignored,
  proration_behavior: prorationBehavior.optional(),
  proration_date: int.optional(),
  resume_at: z.literal('now').optional(),
  start_date: ignored,
  trial_end: trialEnd.optional(),
});
const params = z.strictObject({
  customer: filled.optional(),
  subscription: filled.optional(),
  schedule: filled.optional(),
  currency: text.optional(),
  preview_mode: z.enum(['next', 'recurring']).optional(),
  automatic_tax: z.strictObject({ enabled: bool, liability: ignored }).optional(),
  customer_details: z
    .strictObject({
      address: clearable(address).optional(),
      tax_exempt: clearable(z.enum(['none', 'exempt', 'reverse'])).optional(),
      tax_ids: ignored,
      shipping: ignored,
      tax: ignored,
    })
    .optional(),
  discounts: clearable(z.array(discountGiven)).optional(),
  invoice_items: z
    .array(
      z.strictObject({
        amount: int.optional(),
        currency: text.optional(),
        description: text.optional(),
        price: filled.optional(),
        quantity: int.optional(),
        discountable: bool.optional(),
        metadata: ignored,
        period: ignored,
      }),
    )
    .optional(),
  subscription_details: details.optional(),
  schedule_details: z
    .strictObject({
      phases: z.array(phaseParams).optional(),
      end_behavior: z.enum(['release', 'cancel']).optional(),
      proration_behavior: prorationBehavior.optional(),
      billing_mode: ignored,
      pause_schedules: ignored,
    })
    .optional(),
  issuer: ignored,
  on_behalf_of: ignored,
  expand,
});
type Given = z.output<typeof params>;

export function preview(call: Call): object {
  const { app } = call;
  const given = parse(params, call.params);
  const schedule = given.schedule ? getSchedule(app, given.schedule, 'schedule') : null;
  const subId = given.subscription ?? schedule?.subscription;
  const sub = subId ? getSubscription(app, subId, 'subscription') : null;
  const customer = whose(app, given, sub);
  return app.on(customer.test_clock, () => {
    const invoice = sub ? ofSubscription(app, sub, customer, given) : ofNothingYet(app, customer, given);
    return viewInvoice(app, invoice);
  });
}

function whose(app: App, given: Given, sub: Subscription | null): Customer {
  const known = given.customer ?? sub?.customer;
  const base = known ? structuredClone(getCustomer(app, known, 'customer')) : null;
  if (!base && !given.customer_details)
    throw invalid(
      'You must provide a `customer`, `subscription` or `customer_details`.',
      'customer',
      'parameter_missing',
    );
  if (given.customer && sub && sub.customer !== given.customer)
    throw invalid('The subscription does not belong to this customer.', 'subscription');
  const counters = { ...app.store.meta.counters };
  const customer = base ?? newCustomer(app);
  app.store.meta.counters = counters;
  const { address: place, tax_exempt } = given.customer_details ?? {};
  if (place !== undefined) customer.address = place && fullAddress(place);
  if (tax_exempt !== undefined) customer.tax_exempt = tax_exempt ?? 'none';
  return customer;
}

function discountsFor(app: App, given: Given, customer: Customer, otherwise: Discount[]): Discount[] {
  if (given.discounts === undefined) return otherwise;
  return (given.discounts ?? []).map((one) => makeDiscount(app, one, { customer }, false));
}

function extraDrafts(app: App, given: Given, currency: string): Draft[] {
  return (given.invoice_items ?? []).map((item, at) => {
    const price = item.price ? (priceFor(app, { price: item.price }, `invoice_items[${at}]`) ?? null) : null;
    const quantity = item.quantity ?? 1;
    return {
      amount: item.amount ?? Math.round(Number(price?.unit_amount ?? 0) * quantity),
      currency,
      description: item.description ?? 'Item',
      start: app.now,
      end: app.now,
      price,
      quantity,
      proration: false,
      discountable: item.discountable ?? true,
      subscription: null,
      item: null,
      invoiceItem: null,
      metadata: {},
      credited: null,
    };
  });
}

function taxed(given: Given, sub: Subscription | null): boolean {
  return given.automatic_tax?.enabled ?? sub?.automatic_tax.enabled ?? false;
}

function ofNothingYet(app: App, customer: Customer, given: Given): Invoice {
  const change = given.subscription_details;
  const items = itemChanges(app, change?.items).map((item) => {
    if (!item.price)
      throw invalid(
        'Missing required param: subscription_details[items][0][price].',
        'subscription_details[items]',
        'parameter_missing',
      );
    return { price: item.price, quantity: item.quantity ?? 1 };
  });
  const currency = items[0]?.price.currency ?? given.currency ?? customer.currency ?? 'eur';
  const extra = extraDrafts(app, given, currency);
  if (items.length === 0 && extra.length === 0) throw none(customer.id);
  const trial = typeof change?.trial_end === 'number' ? change.trial_end : null;
  const discounts = discountsFor(app, given, customer, []);
  const sub =
    items.length === 0
      ? null
      : shapeSubscription(
          app,
          {
            customer,
            items,
            trialEnd: trial,
            anchor: change?.billing_cycle_anchor?.type === 'at' ? change.billing_cycle_anchor.at : null,
            discounts: [],
            automaticTax: taxed(given, null),
            metadata: {},
            behavior: 'allow_incomplete',
          },
          'sub_preview',
          () => 'si_preview',
          discounts,
        );
  return shapeInvoice(
    app,
    {
      customer,
      subscription: sub,
      reason: sub ? 'subscription_create' : 'manual',
      drafts: [...(sub ? firstDrafts(app, sub) : []), ...extra],
      discounts,
      currency,
      periodStart: app.now,
      periodEnd: app.now,
      automaticTax: taxed(given, null),
      autoAdvance: true,
    },
    true,
  );
}

function ofSubscription(app: App, real: Subscription, customer: Customer, given: Given): Invoice {
  if (ENDED.includes(real.status)) throw none(real.customer);
  const sub = structuredClone(real);
  const change = given.subscription_details;
  const discounts = discountsFor(app, given, customer, discountsOf(app, sub));
  if (given.automatic_tax) sub.automatic_tax = { ...sub.automatic_tax, enabled: given.automatic_tax.enabled };
  if (change?.cancel_at_period_end === true)
    Object.assign(sub, { cancel_at_period_end: true, cancel_at: periodEnd(sub) });
  if (change?.cancel_at_period_end === false)
    Object.assign(sub, { cancel_at_period_end: false, cancel_at: null });
  if (change?.cancel_at !== undefined) {
    sub.cancel_at =
      change.cancel_at === 'min_period_end'
        ? periodEnd(sub)
        : change.cancel_at === 'max_period_end'
          ? periodEnd(sub, 'max')
          : change.cancel_at;
  }
  const behavior = change?.proration_behavior ?? 'create_prorations';
  const now = (drafts: Draft[], pending = true): Invoice =>
    shapeInvoice(
      app,
      {
        customer,
        subscription: sub,
        reason: 'subscription_update',
        drafts: [
          ...(pending ? pendingDrafts(app, sub) : []),
          ...drafts,
          ...extraDrafts(app, given, sub.currency),
        ],
        discounts,
        currency: sub.currency,
        periodStart: app.now,
        periodEnd: app.now,
        automaticTax: taxed(given, sub),
        autoAdvance: true,
        prorationDate: change?.proration_date ?? null,
      },
      true,
    );
  if (change?.cancel_now) {
    const plan = planChange(
      app,
      sub,
      { items: [], behavior, date: change.proration_date, resetAnchor: true, discounts },
      () => 'si_preview',
    );
    return now(plan.credits);
  }
  const changesItems = itemChanges(app, change?.items);
  const resets = change?.billing_cycle_anchor?.type === 'now';
  const moves = changesItems.length > 0 || resets || change?.trial_end !== undefined;
  if (!moves) return next(app, sub, customer, given, discounts, undefined, []);
  const date = change?.proration_date;
  if (date !== undefined && (date > periodEnd(sub, 'max') || date < sub.created - DAY))
    throw invalid(
      'Cannot specify `proration_date` outside of the current period.',
      'subscription_details[proration_date]',
    );
  const plan = planChange(
    app,
    sub,
    { items: changesItems, behavior, date, resetAnchor: resets, trialEnd: change?.trial_end, discounts },
    () => 'si_preview',
  );
  const drafts = [...plan.credits, ...plan.charges];
  if (
    (plan.reset || behavior === 'always_invoice') &&
    drafts.length > 0 &&
    given.preview_mode !== 'recurring'
  )
    return now(drafts);
  const after: Subscription = {
    ...sub,
    items: plan.items,
    billing_cycle_anchor: plan.anchor,
    trial_end: plan.trialEnd,
  };
  return next(
    app,
    after,
    customer,
    given,
    discounts,
    plan.items,
    given.preview_mode === 'recurring' || behavior === 'none' ? [] : drafts,
  );
}

function next(
  app: App,
  sub: Subscription,
  customer: Customer,
  given: Given,
  discounts: Discount[],
  items: SubscriptionItem[] | undefined,
  pending: Draft[],
): Invoice {
  const planned = items ?? phaseItems(app, sub, given);
  const invoice = upcomingInvoice(app, sub, planned, pending, {
    customer,
    discounts,
    automaticTax: taxed(given, sub),
    extra: extraDrafts(app, given, sub.currency),
  });
  if (!invoice) throw none(sub.customer);
  return invoice;
}

/** `schedule_details[phases]`: the items of the phase that begins when the current period ends. */
function phaseItems(app: App, sub: Subscription, given: Given): SubscriptionItem[] | undefined {
  const phases = given.schedule_details?.phases;
  if (!phases) return undefined;
  const end = periodEnd(sub);
  const begin = Math.min(...sub.items.map((item) => item.current_period_start));
  const phase = resolvePhases(app, phases, begin, sub.currency).find(
    (one) => one.start_date <= end && one.end_date > end,
  );
  if (!phase) return undefined;
  return phase.items.map((wanted, at) => {
    const known = sub.items[at] ?? (sub.items[0] as SubscriptionItem);
    return { ...known, price: wanted.price, quantity: wanted.quantity ?? 1 };
  });
}

/** https://docs.stripe.com/error-codes/invoice-upcoming-none */
function none(customer: string): StripeError {
  return new StripeError(404, {
    type: 'invalid_request_error',
    code: 'invoice_upcoming_none',
    message: `No upcoming invoices for customer: ${customer}`,
  });
}
