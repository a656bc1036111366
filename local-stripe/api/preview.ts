/** What an invoice would be: the same decisions as the real thing, nothing written. https://docs.stripe.com/api/invoices/create_preview */
import { z } from 'zod';
import type { App } from '../app';
import { DAY } from '../clock';
import { planChange } from '../engine/changes';
import { type Asked, upcomingInvoice } from '../engine/renew';
import { foreseeRerun } from '../engine/schedules';
import { firstDrafts } from '../engine/subscription-start';
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
import { setCancellation } from '../records/cancellation';
import { itemChanges, priceFor } from '../records/catalog';
import { fullAddress, getCustomer, newCustomer } from '../records/customers';
import { makeDiscount } from '../records/discounts';
import type { Draft } from '../records/drafts';
import { pendingDrafts } from '../records/invoice-items';
import { shapeInvoice, viewInvoice } from '../records/invoices';
import { checkPhases, discountOf, phaseNow, resolvePhases, revisePhases } from '../records/schedule-phases';
import { getSchedule } from '../records/schedules';
import {
  anchorChange,
  cancelAt,
  itemParams,
  phaseParams,
  prorationBehavior,
  trialEnd,
} from '../records/subscription-params';
import { discountsOf, ENDED, getSubscription, periodEnd, shapeSubscription } from '../records/subscriptions';
import type { Customer, Discount, Invoice, Phase, Price, Schedule, Subscription } from '../types';

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
  // Each of `schedule` and `schedule_details` "cannot be used with `subscription`" or its fields.
  const ofSchedules = given.schedule !== undefined || given.schedule_details !== undefined;
  if (ofSchedules && (given.subscription !== undefined || given.subscription_details !== undefined))
    throw invalid(
      'You may not pass `subscription` or `subscription_details` together with `schedule` or `schedule_details`.',
      given.schedule === undefined ? 'schedule_details' : 'schedule',
      'parameters_exclusive',
    );
  const schedule = given.schedule ? getSchedule(app, given.schedule, 'schedule') : null;
  const subId = given.subscription ?? schedule?.subscription;
  const sub = subId ? getSubscription(app, subId, 'subscription') : null;
  const customer = whose(app, { ...given, customer: given.customer ?? schedule?.customer }, sub);
  return app.on(customer.test_clock, () =>
    viewInvoice(
      app,
      schedule && sub
        ? ofSchedule(app, schedule, sub, customer, given)
        : ofSchedules
          ? ofPhase(app, firstPhase(app, schedule, customer, given), customer, given)
          : sub
            ? ofSubscription(app, sub, customer, given)
            : ofNothingYet(app, customer, given),
    ),
  );
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

/** Undefined: as the subscription, or its next phase, has them. `''` is none at all. */
function discountsFor(app: App, given: Given, customer: Customer): Discount[] | undefined {
  if (given.discounts === undefined) return undefined;
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

function firstPhase(app: App, schedule: Schedule | null, customer: Customer, given: Given): Phase {
  const phases = given.schedule_details?.phases;
  if (schedule && schedule.status !== 'not_started') throw none(customer.id);
  const price = phases?.[0]?.items[0]?.price;
  const currency = app.store.get('prices', price)?.currency ?? customer.currency ?? 'eur';
  const [first] = !phases
    ? (schedule?.phases ?? [])
    : schedule
      ? revisePhases(app, schedule, phases)
      : resolvePhases(app, phases, app.now, currency);
  if (!first) throw none(customer.id);
  if (!schedule) checkPhases(app, [first], customer, null);
  return first;
}

/** The first invoice of a schedule that has no subscription yet. */
function ofPhase(app: App, phase: Phase, customer: Customer, given: Given): Invoice {
  return app.clock.at(Math.max(phase.start_date, app.now), () =>
    ofNew(app, customer, given, {
      items: phase.items.map((item) => ({
        price: app.store.get('prices', item.price) as Price,
        quantity: item.quantity ?? 1,
      })),
      trialEnd: phase.trial_end,
      anchor: null,
      discounts: phase.discounts.map((one) => makeDiscount(app, discountOf(one), { customer }, false)),
      automaticTax: given.automatic_tax?.enabled ?? phase.automatic_tax?.enabled ?? false,
    }),
  );
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
  return ofNew(app, customer, given, {
    items,
    trialEnd: typeof change?.trial_end === 'number' ? change.trial_end : null,
    anchor: change?.billing_cycle_anchor?.type === 'at' ? change.billing_cycle_anchor.at : null,
    discounts: [],
    automaticTax: taxed(given, null),
  });
}

function ofNew(
  app: App,
  customer: Customer,
  given: Given,
  wanted: {
    items: { price: Price; quantity: number }[];
    trialEnd: number | null;
    anchor: number | null;
    discounts: Discount[];
    automaticTax: boolean;
  },
): Invoice {
  const { items, automaticTax } = wanted;
  const currency = items[0]?.price.currency ?? given.currency ?? customer.currency ?? 'eur';
  const extra = extraDrafts(app, given, currency);
  if (items.length === 0 && extra.length === 0) throw none(customer.id);
  const discounts = discountsFor(app, given, customer) ?? wanted.discounts;
  const sub =
    items.length === 0
      ? null
      : shapeSubscription(
          app,
          { ...wanted, customer, discounts: [], metadata: {}, behavior: 'allow_incomplete' },
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
      automaticTax,
      autoAdvance: true,
    },
    true,
  );
}

/**
 * The next invoice of a schedule, or what an update of its phases would bill: what changes the running phase counts
 * from now on, as the update would make it
 * (https://docs.stripe.com/billing/subscriptions/subscription-schedules#preview-an-invoice).
 */
function ofSchedule(app: App, real: Schedule, sub: Subscription, customer: Customer, given: Given): Invoice {
  if (real.status !== 'active' || ENDED.includes(sub.status)) throw none(sub.customer);
  const details = given.schedule_details;
  const phases = details?.phases ? revisePhases(app, real, details.phases) : real.phases;
  const schedule: Schedule = {
    ...real,
    phases,
    current_phase: phaseNow(app, phases) ?? real.current_phase,
    end_behavior: details?.end_behavior ?? real.end_behavior,
  };
  const rerun = details?.phases || details?.end_behavior ? foreseeRerun(app, sub, schedule) : null;
  if (!rerun) return next(app, sub, customer, given, { schedule });
  return changed(app, rerun.sub, customer, given, {
    items: rerun.items,
    trialEnd: rerun.trialEnd,
    behavior: details?.proration_behavior ?? 'create_prorations',
    discounts: rerun.discounts,
    schedule,
  });
}

function ofSubscription(app: App, real: Subscription, customer: Customer, given: Given): Invoice {
  if (ENDED.includes(real.status)) throw none(real.customer);
  const sub = structuredClone(real);
  const change = given.subscription_details;
  if (given.automatic_tax) sub.automatic_tax = { ...sub.automatic_tax, enabled: given.automatic_tax.enabled };
  if (change?.cancel_at_period_end !== undefined || change?.cancel_at !== undefined)
    setCancellation(app, sub, change.cancel_at_period_end, change.cancel_at);
  const behavior = change?.proration_behavior ?? 'create_prorations';
  const discounts = discountsOf(app, sub);
  if (change?.cancel_now) {
    const plan = planChange(
      app,
      sub,
      { items: [], behavior, date: change.proration_date, resetAnchor: true, discounts },
      () => 'si_preview',
    );
    return atOnce(app, sub, customer, given, plan.credits, discounts);
  }
  return changed(app, sub, customer, given, {
    items: change?.items,
    trialEnd: change?.trial_end,
    behavior,
    discounts,
  });
}

function atOnce(
  app: App,
  sub: Subscription,
  customer: Customer,
  given: Given,
  drafts: Draft[],
  discounts: Discount[],
): Invoice {
  return shapeInvoice(
    app,
    {
      customer,
      subscription: sub,
      reason: 'subscription_update',
      drafts: [...pendingDrafts(app, sub), ...drafts, ...extraDrafts(app, given, sub.currency)],
      discounts: discountsFor(app, given, customer) ?? discounts,
      currency: sub.currency,
      periodStart: app.now,
      periodEnd: app.now,
      automaticTax: taxed(given, sub),
      autoAdvance: true,
      prorationDate: given.subscription_details?.proration_date ?? null,
    },
    true,
  );
}

/** What a change bills: now, or with the next invoice. A subscription that ends has none but for what prorations owe. */
function changed(
  app: App,
  sub: Subscription,
  customer: Customer,
  given: Given,
  wanted: {
    items: z.output<typeof itemParams>[] | undefined;
    trialEnd: number | 'now' | undefined;
    behavior: z.output<typeof prorationBehavior>;
    discounts: Discount[];
    schedule?: Schedule;
  },
): Invoice {
  const change = given.subscription_details;
  const { behavior, schedule, trialEnd } = wanted;
  const items = itemChanges(app, wanted.items);
  const resets = change?.billing_cycle_anchor?.type === 'now';
  const moves = items.length > 0 || resets || trialEnd !== undefined;
  const later = schedule ? { schedule, held: wanted.discounts } : {};
  if (!moves) return next(app, sub, customer, given, later);
  const date = change?.proration_date;
  if (date !== undefined && behavior === 'none')
    throw invalid(
      'Cannot specify `proration_date` when `proration_behavior` is `none`.',
      'subscription_details[proration_date]',
    );
  if (date !== undefined && (date > periodEnd(sub, 'max') || date < sub.created - DAY))
    throw invalid(
      'Cannot specify `proration_date` outside of the current period.',
      'subscription_details[proration_date]',
    );
  const discounts = discountsFor(app, given, customer) ?? wanted.discounts;
  const plan = planChange(
    app,
    sub,
    { items, behavior, date, resetAnchor: resets, trialEnd, discounts },
    () => 'si_preview',
  );
  const drafts = [...plan.credits, ...plan.charges];
  const recurring = given.preview_mode === 'recurring';
  if ((plan.reset || behavior === 'always_invoice') && drafts.length > 0 && !recurring)
    return atOnce(app, sub, customer, given, drafts, discounts);
  const after: Subscription = {
    ...sub,
    items: plan.items,
    billing_cycle_anchor: plan.anchor,
    trial_end: plan.trialEnd,
  };
  return next(app, after, customer, given, {
    // A schedule's next phase brings its own items.
    ...(schedule ? later : { items: plan.items }),
    pending: recurring || behavior === 'none' ? [] : drafts,
  });
}

function next(app: App, sub: Subscription, customer: Customer, given: Given, asked: Asked): Invoice {
  const invoice = upcomingInvoice(app, sub, {
    ...asked,
    customer,
    discounts: discountsFor(app, given, customer),
    automaticTax: given.automatic_tax?.enabled,
    extra: extraDrafts(app, given, sub.currency),
  });
  if (!invoice) throw none(sub.customer);
  return invoice;
}

/** https://docs.stripe.com/error-codes/invoice-upcoming-none */
function none(customer: string): StripeError {
  return new StripeError(404, {
    type: 'invalid_request_error',
    code: 'invoice_upcoming_none',
    message: `No upcoming invoices for customer: ${customer}`,
  });
}
