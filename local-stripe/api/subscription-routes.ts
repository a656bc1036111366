/** The API of subscriptions. https://docs.stripe.com/api/subscriptions */
import type Stripe from 'stripe';
import { z } from 'zod';
import { DAY } from '../clock';
import { planChange, writePlan } from '../engine/changes';
import { collect, createInvoice, finalize } from '../engine/collect';
import { startSubscription } from '../engine/subscription-start';
import { updateInvoiceGiven, updateSubscription } from '../engine/subscription-update';
import { invalid } from '../errors';
import { bool, expand, filled, ignored, inRange, parse, range, text } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { refuseBothEnds, setCancellation } from '../records/cancellation';
import { itemChanges } from '../records/catalog';
import { getCustomer } from '../records/customers';
import { extraDrafts, keepPending } from '../records/invoice-items';
import { resolvePaymentMethod } from '../records/payment-methods';
import { priceAmount } from '../records/price-words';
import { makeSetupIntent } from '../records/setup-intents';
import { createParams, prorationBehavior, updateParams } from '../records/subscription-params';
import {
  discountsOf,
  ENDED,
  endNow,
  getSubscription,
  refusal,
  setStatus,
  viewSubscription,
} from '../records/subscriptions';
import type { Metadata, Subscription } from '../types';
import { list, one, retrieve } from './crud';

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  const customer = getCustomer(app, given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    refuseBothEnds(given.cancel_at_period_end, given.cancel_at);
    if (!given.items?.length) throw invalid('Missing required param: items.', 'items', 'parameter_missing');
    if (given.payment_behavior === 'pending_if_incomplete')
      throw invalid(
        '`pending_if_incomplete` cannot be used when creating a subscription.',
        'payment_behavior',
      );
    if (given.backdate_start_date !== undefined)
      throw invalid(
        'Local Stripe does not implement backdate_start_date.',
        'backdate_start_date',
        'parameter_unknown',
      );
    const items = itemChanges(app, given.items).map((item) => {
      if (!item.price)
        throw invalid('Missing required param: items[0][price].', 'items[0][price]', 'parameter_missing');
      return {
        price: item.price,
        quantity: item.quantity ?? 1,
        ...(item.metadata ? { metadata: item.metadata } : {}),
      };
    });
    const days =
      given.trial_period_days ??
      (given.trial_from_plan ? items[0]?.price.recurring?.trial_period_days : undefined);
    const trialEnd =
      given.trial_end === 'now' ? null : (given.trial_end ?? (days ? app.now + days * DAY : null));
    if (typeof given.trial_end === 'number' && given.trial_end <= app.now)
      throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', 'trial_end');
    if (given.billing_cycle_anchor !== undefined && given.billing_cycle_anchor <= app.now) {
      throw invalid('Invalid timestamp: can be no earlier than now.', 'billing_cycle_anchor');
    }
    const method = given.default_payment_method
      ? resolvePaymentMethod(app, given.default_payment_method, customer.id, 'default_payment_method')
      : null;
    const hasCard = method ?? customer.invoice_settings.default_payment_method;
    const behavior = given.payment_behavior ?? 'allow_incomplete';
    const free =
      trialEnd !== null || items.every(({ price, quantity }) => priceAmount(price, quantity) === 0);
    if (!hasCard && !free && behavior === 'allow_incomplete' && given.collection_method !== 'send_invoice')
      throw refusal({ kind: 'no_method' });
    const sub = startSubscription(app, {
      customer,
      items,
      trialEnd,
      anchor: given.billing_cycle_anchor ?? null,
      prorationBehavior: given.proration_behavior ?? 'create_prorations',
      method: method?.id ?? null,
      discounts: given.discounts ?? [],
      automaticTax: given.automatic_tax?.enabled ?? false,
      metadata: (given.metadata ?? {}) as Metadata,
      description: given.description || null,
      collection: given.collection_method ?? 'charge_automatically',
      daysUntilDue: given.days_until_due ?? null,
      behavior,
      missingMethod: given.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
      extra: extraDrafts(app, given.add_invoice_items, null),
      saveDefault: given.payment_settings?.save_default_payment_method === 'on_subscription',
    });
    if (given.cancel_at_period_end || given.cancel_at !== undefined) {
      app.change('subscriptions', sub, 'customer.subscription.updated', (rec) =>
        setCancellation(app, rec, given.cancel_at_period_end, given.cancel_at),
      );
    }
    // A trial with no card: Stripe offers a way to save one. https://docs.stripe.com/billing/subscriptions/trials
    if (trialEnd !== null && !hasCard && !sub.pending_setup_intent) {
      sub.pending_setup_intent = makeSetupIntent(app, customer.id).id;
      app.store.put('subscriptions', sub);
    }
    return viewSubscription(app, sub);
  });
}

const cancelParams = z.strictObject({
  cancellation_details: z.strictObject({ comment: text.optional(), feedback: text.optional() }).optional(),
  invoice_now: bool.optional(),
  prorate: bool.optional(),
  expand,
});

function cancel(call: Call): object {
  const { app } = call;
  const sub = getSubscription(app, id(call));
  const given = parse(cancelParams, call.params);
  if (ENDED.includes(sub.status)) {
    throw invalid(`No such subscription: '${sub.id}'`, 'id', 'resource_missing');
  }
  return app.on(sub.test_clock, () => {
    if (given.prorate && sub.status !== 'trialing') {
      const plan = planChange(
        app,
        sub,
        { items: [], behavior: 'create_prorations', resetAnchor: true, discounts: [] },
        () => 'si_none',
      );
      sub._.billed = [];
      if (given.invoice_now && plan.credits.length > 0) {
        const invoice = createInvoice(
          app,
          { ...updateInvoiceGiven(app, sub, plan.credits, undefined), autoAdvance: true },
          false,
        );
        sub.latest_invoice = invoice.id;
        finalize(app, invoice);
      } else
        for (const one of plan.credits)
          keepPending(app, { ...sub, _: { ...sub._, billed: [] } }, { ...one, item: null }, app.now);
    }
    endNow(app, sub, 'cancellation_requested', {
      comment: given.cancellation_details?.comment || null,
      feedback: (given.cancellation_details?.feedback ||
        null) as Stripe.Subscription.CancellationDetails.Feedback | null,
    });
    return viewSubscription(app, sub);
  });
}

/** A paused subscription starts again, a new period begins unless told otherwise. https://docs.stripe.com/api/subscriptions/resume */
function resume(call: Call): object {
  const { app } = call;
  const sub = getSubscription(app, id(call));
  const given = parse(
    z.strictObject({
      billing_cycle_anchor: z.strictObject({ type: z.enum(['now', 'unchanged', 'resume_at']) }).optional(),
      payment_behavior: ignored,
      proration_behavior: prorationBehavior.optional(),
      proration_date: ignored,
      expand,
    }),
    call.params,
  );
  if (sub.status !== 'paused')
    throw invalid('Only paused subscriptions can be resumed.', undefined, 'subscription_not_paused');
  return app.on(sub.test_clock, () => {
    const before = app.view('subscriptions', sub);
    if (given.billing_cycle_anchor?.type === 'unchanged') {
      app.change('subscriptions', sub, null, (rec) => {
        rec.status = 'active';
        delete rec.status_details;
      });
      app.told('subscriptions', sub, 'customer.subscription.updated', before);
      app.emit('customer.subscription.resumed', app.view('subscriptions', sub));
      return viewSubscription(app, sub);
    }
    const plan = planChange(
      app,
      { ...sub, trial_end: sub.trial_end && Math.min(sub.trial_end, app.now) },
      {
        items: [],
        behavior: given.proration_behavior ?? 'create_prorations',
        resetAnchor: true,
        discounts: discountsOf(app, sub),
      },
      () => app.ids.make('si'),
    );
    const trial = sub.trial_end;
    writePlan(sub, plan);
    sub.trial_end = trial;
    const invoice = createInvoice(app, {
      ...updateInvoiceGiven(app, sub, [...plan.credits, ...plan.charges], undefined),
    });
    sub.latest_invoice = invoice.id;
    sub._.resumes_on = invoice.id;
    app.store.put('subscriptions', sub);
    app.told('subscriptions', sub, 'customer.subscription.updated', before);
    finalize(app, invoice);
    if (invoice.status === 'open') collect(app, invoice, { automatic: false, offSession: true });
    return viewSubscription(app, sub);
  });
}

/**
 * Endive's `pause`: status paused, nothing is billed until resumed (stripe.md 19). Unused time is not credited here:
 * `bill_for` is accepted for `none` only. https://docs.stripe.com/api/subscriptions/pause
 */
function pause(call: Call): object {
  const { app } = call;
  const sub = getSubscription(app, id(call));
  parse(
    z.strictObject({
      type: z.enum(['subscription']).optional(),
      bill_for: z
        .strictObject({
          outstanding_usage_through: z.strictObject({ type: z.enum(['none']) }).optional(),
          unused_time_from: z.strictObject({ type: z.enum(['none']) }).optional(),
        })
        .optional(),
      invoicing_behavior: ignored,
      expand,
    }),
    call.params,
  );
  if (!['active', 'trialing', 'past_due'].includes(sub.status)) {
    throw invalid(`A subscription with status ${sub.status} cannot be paused.`);
  }
  return app.on(sub.test_clock, () => {
    setStatus(app, sub, 'paused', 'pause_requested');
    app.emit('customer.subscription.paused', app.view('subscriptions', sub));
    return viewSubscription(app, sub);
  });
}

const STATUSES = [
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
] as const;

/** Without `status` canceled ones are left out. https://docs.stripe.com/api/subscriptions/list */
function hasStatus(sub: Subscription, status: (typeof STATUSES)[number] | undefined): boolean {
  if (status === 'all') return true;
  if (status === 'ended') return ENDED.includes(sub.status);
  return status ? sub.status === status : sub.status !== 'canceled';
}

const page = list('/v1/subscriptions', 'subscriptions', {
  params: {
    collection_method: text,
    created: range,
    current_period_end: range,
    current_period_start: range,
    customer: filled,
    price: filled,
    plan: filled,
    status: z.enum(STATUSES),
    test_clock: filled,
    automatic_tax: ignored,
  },
  by: ['customer'],
  same: ['collection_method'],
  where: (sub, given) => {
    const price = given.price ?? given.plan;
    return (
      hasStatus(sub, given.status) &&
      (given.customer !== undefined || sub.test_clock === (given.test_clock ?? null)) &&
      (!price || sub.items.some((item) => item.price === price)) &&
      sub.items.some(
        (item) =>
          inRange(item.current_period_end, given.current_period_end) &&
          inRange(item.current_period_start, given.current_period_start),
      )
    );
  },
});

/** Stripe lists nothing of a customer that never was; of a deleted one it does. */
function listOfCustomer(call: Call): object {
  const { customer } = call.params;
  const { store } = call.app;
  if (
    typeof customer === 'string' &&
    customer !== '' &&
    !store.get('customers', customer) &&
    !store.meta.counters[`deleted:${customer}`]
  ) {
    throw invalid(`No such customer: '${customer}'`, 'customer', 'resource_missing');
  }
  return page.handler(call);
}

export const subscriptionRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/subscriptions', handler: create },
  { ...page, handler: listOfCustomer },
  retrieve('/v1/subscriptions/:id', 'subscriptions', one('subscriptions', 'subscription')),
  {
    method: 'POST',
    pattern: '/v1/subscriptions/:id',
    handler: (call) => {
      const sub = getSubscription(call.app, id(call));
      const given = parse(updateParams, call.params);
      return call.app.on(sub.test_clock, () =>
        viewSubscription(call.app, updateSubscription(call.app, sub, given)),
      );
    },
  },
  { method: 'DELETE', pattern: '/v1/subscriptions/:id', handler: cancel },
  { method: 'POST', pattern: '/v1/subscriptions/:id/pause', handler: pause },
  { method: 'POST', pattern: '/v1/subscriptions/:id/resume', handler: resume },
  {
    method: 'DELETE',
    pattern: '/v1/subscriptions/:id/discount',
    handler: (call) => {
      const sub = getSubscription(call.app, id(call));
      call.app.on(sub.test_clock, () => updateSubscription(call.app, sub, { discounts: null }));
      return { object: 'discount', deleted: true };
    },
  },
];
