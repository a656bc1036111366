/** The API of subscription schedules. Endive: phases end by `end_date` or `duration`. https://docs.stripe.com/api/subscription_schedules */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { addIntervals } from '../clock';
import { getRecurring } from '../engine/changes';
import { advanceSchedule, phaseItems, release } from '../engine/schedules';
import { invalid, missing } from '../errors';
import { page } from '../http/list';
import {
  bool,
  expand,
  filled,
  ignored,
  inRange,
  mergeMetadata,
  metadata,
  paging,
  parse,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import type { Metadata, Phase, Schedule, Subscription, Wire } from '../types';
import { priceFor } from './catalog';
import { getCustomer } from './customers';
import { strip } from './lookup';
import { phaseParams, prorationBehavior, when } from './subscription-params';
import { ENDED, endNow, getSubscription, periodEnd, startSubscription } from './subscriptions';

type PhaseGiven = z.output<typeof phaseParams>;
const defaults = z.strictObject({
  automatic_tax: z.strictObject({ enabled: bool, liability: ignored }).optional(),
  billing_cycle_anchor: z.enum(['automatic', 'phase_start']).optional(),
  collection_method: z.enum(['charge_automatically', 'send_invoice']).optional(),
  default_payment_method: text.optional(),
  description: text.optional(),
  invoice_settings: ignored,
});
const endBehavior = z.enum(['release', 'cancel']);
const createParams = z.strictObject({
  from_subscription: filled.optional(),
  customer: filled.optional(),
  start_date: when.optional(),
  phases: z.array(phaseParams).optional(),
  end_behavior: endBehavior.optional(),
  metadata: metadata.optional(),
  default_settings: defaults.optional(),
  billing_mode: ignored,
  expand,
});
const updateParams = z.strictObject({
  phases: z.array(phaseParams).min(1).optional(),
  end_behavior: endBehavior.optional(),
  metadata: metadata.optional(),
  default_settings: defaults.optional(),
  proration_behavior: prorationBehavior.optional(),
  expand,
});

export function getSchedule(app: App, scheduleId: string, param = 'id'): Schedule {
  const schedule = app.store.get('schedules', scheduleId);
  if (!schedule) throw missing('subscription_schedule', scheduleId, param);
  return schedule;
}

export function resolvePhases(app: App, given: PhaseGiven[], begin: number, currency: string): Phase[] {
  let from = begin;
  return given.map((phase, at) => {
    const start =
      phase.start_date === undefined ? from : phase.start_date === 'now' ? app.now : phase.start_date;
    if (at > 0 && start !== from)
      throw invalid(
        'The start date of a phase must be the end date of the phase before it.',
        `phases[${at}][start_date]`,
      );
    const items: Phase['items'] = phase.items.map((item, place) => {
      const price = priceFor(app, item, `phases[${at}][items][${place}]`);
      if (!price)
        throw invalid(
          `Missing required param: phases[${at}][items][${place}][price].`,
          `phases[${at}][items][${place}][price]`,
          'parameter_missing',
        );
      return {
        billing_thresholds: null,
        discounts: [],
        metadata: (item.metadata ?? {}) as Metadata,
        plan: price.id,
        price: price.id,
        quantity: item.quantity ?? 1,
        tax_rates: [],
      };
    });
    const every = getRecurring(app, items[0]?.price ?? '').recurring;
    const end =
      phase.end_date === 'now'
        ? app.now
        : (phase.end_date ??
          (phase.duration
            ? addIntervals(start, phase.duration.interval, phase.duration.interval_count ?? 1)
            : addIntervals(start, every?.interval ?? 'month', every?.interval_count ?? 1)));
    if (phase.end_date === undefined && !phase.duration && at < given.length - 1) {
      throw invalid(
        'Each phase but the last must have an `end_date` or a `duration`.',
        `phases[${at}][end_date]`,
        'parameter_missing',
      );
    }
    if (end <= start)
      throw invalid('The end date of a phase must be after its start date.', `phases[${at}][end_date]`);
    from = end;
    return {
      add_invoice_items: [],
      application_fee_percent: null,
      billing_cycle_anchor: phase.billing_cycle_anchor ?? null,
      billing_thresholds: null,
      collection_method: null,
      currency,
      default_payment_method: phase.default_payment_method || null,
      default_tax_rates: [],
      description: phase.description || null,
      discounts: (phase.discounts ?? []).map((one) => ({
        coupon: one.coupon ?? null,
        discount: one.discount ?? null,
        promotion_code: one.promotion_code ?? null,
      })),
      end_date: end,
      invoice_settings: null,
      items,
      metadata: (phase.metadata ?? {}) as Metadata,
      on_behalf_of: null,
      proration_behavior: phase.proration_behavior ?? 'create_prorations',
      start_date: start,
      transfer_data: null,
      trial_end: typeof phase.trial_end === 'number' ? phase.trial_end : phase.trial ? end : null,
    };
  });
}

function shape(
  app: App,
  given: {
    customer: string;
    subscription: string | null;
    phases: Phase[];
    endBehavior: 'release' | 'cancel';
    metadata: Metadata;
    testClock: string | null;
    status: 'active' | 'not_started';
    anchor: 'automatic' | 'phase_start';
  },
): Schedule {
  const first = given.phases[0];
  return {
    id: app.ids.make('sub_sched'),
    object: 'subscription_schedule',
    application: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    canceled_at: null,
    completed_at: null,
    created: app.now,
    current_phase:
      given.status === 'active' && first ? { end_date: first.end_date, start_date: first.start_date } : null,
    customer: given.customer,
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_cycle_anchor: given.anchor,
      billing_thresholds: null,
      collection_method: 'charge_automatically',
      default_payment_method: null,
      description: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        days_until_due: null,
        description: null,
        footer: null,
        issuer: { type: 'self' },
      },
      on_behalf_of: null,
      transfer_data: null,
    },
    end_behavior: given.endBehavior,
    livemode: false,
    metadata: given.metadata,
    pause_schedules: [],
    phases: given.phases,
    released_at: null,
    released_subscription: null,
    status: given.status,
    subscription: given.subscription,
    test_clock: given.testClock,
  } satisfies Wire<Stripe.SubscriptionSchedule>;
}

function fromSubscription(app: App, sub: Subscription, given: z.output<typeof createParams>): Schedule {
  if (given.phases) throw invalid('You cannot set `phases` if `from_subscription` is set.', 'phases');
  if (sub.schedule)
    throw invalid(
      `You cannot migrate a subscription that is already attached to a schedule: ${sub.schedule}`,
      'from_subscription',
    );
  if (ENDED.includes(sub.status))
    throw invalid(
      `You cannot migrate a subscription that is in the \`${sub.status}\` state.`,
      'from_subscription',
    );
  const start = Math.min(...sub.items.map((item) => item.current_period_start));
  const [base] = resolvePhases(
    app,
    [
      {
        items: phaseItems(sub).map((item) => ({ price: item.price, quantity: item.quantity ?? 1 })),
        start_date: start,
        end_date: periodEnd(sub),
      },
    ],
    start,
    sub.currency,
  );
  const schedule = shape(app, {
    customer: sub.customer,
    subscription: sub.id,
    phases: base
      ? [
          {
            ...base,
            metadata: {},
            discounts: sub.discounts.map((discount) => ({ coupon: null, discount, promotion_code: null })),
            trial_end: sub.trial_end !== null && sub.trial_end > app.now ? sub.trial_end : null,
          },
        ]
      : [],
    endBehavior: given.end_behavior ?? (sub.cancel_at_period_end ? 'cancel' : 'release'),
    metadata: (given.metadata ?? {}) as Metadata,
    testClock: sub.test_clock,
    status: 'active',
    anchor: 'automatic',
  });
  app.store.put('schedules', schedule);
  app.emit('subscription_schedule.created', app.view('schedules', schedule));
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.schedule = schedule.id;
    // The schedule's end_behavior now says how it ends.
    rec.cancel_at_period_end = false;
    rec.cancel_at = null;
    rec.canceled_at = null;
  });
  return schedule;
}

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  if (given.from_subscription) {
    const sub = getSubscription(app, given.from_subscription, 'from_subscription');
    return app.on(sub.test_clock, () => strip(fromSubscription(app, sub, given)));
  }
  if (!given.customer || !given.phases?.length)
    throw invalid(
      'You must provide `from_subscription`, or `customer` and `phases`.',
      'phases',
      'parameter_missing',
    );
  const customer = getCustomer(app, given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    const start = given.start_date === undefined || given.start_date === 'now' ? app.now : given.start_date;
    const currency = getRecurring(app, given.phases?.[0]?.items[0]?.price ?? '').currency;
    const phases = resolvePhases(app, given.phases ?? [], start, currency);
    const schedule = shape(app, {
      customer: customer.id,
      subscription: null,
      phases,
      endBehavior: given.end_behavior ?? 'release',
      metadata: (given.metadata ?? {}) as Metadata,
      testClock: customer.test_clock,
      status: 'not_started',
      anchor: given.default_settings?.billing_cycle_anchor ?? 'automatic',
    });
    app.store.put('schedules', schedule);
    app.emit('subscription_schedule.created', app.view('schedules', schedule));
    if (start <= app.now) beginSchedule(app, schedule);
    return strip(schedule);
  });
}

/** A schedule of its own makes its subscription when its first phase begins. */
export function beginSchedule(app: App, schedule: Schedule): void {
  const customer = app.store.get('customers', schedule.customer);
  const first = schedule.phases[0];
  if (!customer || !first || schedule.status !== 'not_started') return;
  const sub = startSubscription(app, {
    customer,
    items: first.items.map((item) => ({
      price: getRecurring(app, item.price),
      quantity: item.quantity ?? 1,
    })),
    trialEnd: first.trial_end,
    discounts: first.discounts.map((one) =>
      one.promotion_code ? { promotion_code: one.promotion_code } : { coupon: one.coupon ?? '' },
    ),
    automaticTax: false,
    metadata: first.metadata ?? {},
    behavior: 'allow_incomplete',
  });
  app.change('schedules', schedule, 'subscription_schedule.updated', (rec) => {
    rec.status = 'active';
    rec.subscription = sub.id;
    rec.current_phase = { start_date: first.start_date, end_date: first.end_date };
  });
  app.change('subscriptions', sub, 'customer.subscription.updated', (rec) => {
    rec.schedule = schedule.id;
  });
}

function update(call: Call): object {
  const { app } = call;
  const schedule = getSchedule(app, id(call));
  const given = parse(updateParams, call.params);
  if (schedule.status !== 'active' && schedule.status !== 'not_started') {
    throw invalid(
      `You cannot update a subscription schedule that is currently in the \`${schedule.status}\` status.`,
    );
  }
  return app.on(schedule.test_clock, () => {
    let phases: Phase[] | null = null;
    if (given.phases) {
      const begin = schedule.current_phase?.start_date ?? schedule.phases[0]?.start_date ?? app.now;
      phases = resolvePhases(app, given.phases, begin, schedule.phases[0]?.currency ?? 'eur');
      if (schedule.current_phase && phases[0]?.start_date !== begin) {
        throw invalid('You can not modify the start date of the current phase.', 'phases[0][start_date]');
      }
    }
    app.change('schedules', schedule, 'subscription_schedule.updated', (rec) => {
      if (phases) {
        rec.phases = phases;
        const current = phases.find((phase) => phase.start_date <= app.now && phase.end_date > app.now);
        if (rec.current_phase && current)
          rec.current_phase = { start_date: current.start_date, end_date: current.end_date };
      }
      if (given.end_behavior) rec.end_behavior = given.end_behavior;
      if (given.metadata !== undefined) rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    });
    advanceSchedule(app, schedule);
    return strip(schedule);
  });
}

function cancel(call: Call): object {
  const { app } = call;
  const schedule = getSchedule(app, id(call));
  parse(z.strictObject({ invoice_now: ignored, prorate: ignored, expand }), call.params);
  if (schedule.status !== 'active' && schedule.status !== 'not_started') {
    throw invalid(
      `You cannot cancel a subscription schedule that is currently in the \`${schedule.status}\` status.`,
    );
  }
  return app.on(schedule.test_clock, () => {
    const sub = app.store.get('subscriptions', schedule.subscription);
    if (sub) endNow(app, sub, 'cancellation_requested');
    else {
      app.change('schedules', schedule, null, (rec) => {
        rec.status = 'canceled';
        rec.canceled_at = app.now;
      });
      app.emit('subscription_schedule.canceled', app.view('schedules', schedule));
    }
    return strip(schedule);
  });
}

const listParams = z.strictObject({
  ...paging,
  customer: filled.optional(),
  scheduled: bool.optional(),
  created: range.optional(),
  canceled_at: range.optional(),
  completed_at: range.optional(),
  released_at: range.optional(),
});

export const scheduleRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/subscription_schedules', handler: create },
  {
    method: 'GET',
    pattern: '/v1/subscription_schedules',
    handler: ({ app, params }) => {
      const given = parse(listParams, params);
      const pool = given.customer
        ? app.store.by('schedules', 'customer', given.customer)
        : [...app.store.all('schedules')];
      const found = pool.filter(
        (one) =>
          inRange(one.created, given.created) &&
          (!given.scheduled || one.status === 'not_started') &&
          (!given.released_at || (one.released_at !== null && inRange(one.released_at, given.released_at))) &&
          (!given.canceled_at || (one.canceled_at !== null && inRange(one.canceled_at, given.canceled_at))) &&
          (!given.completed_at ||
            (one.completed_at !== null && inRange(one.completed_at, given.completed_at))),
      );
      return page(found, given, '/v1/subscription_schedules', strip);
    },
  },
  {
    method: 'GET',
    pattern: '/v1/subscription_schedules/:id',
    handler: (call) => strip(getSchedule(call.app, id(call))),
  },
  { method: 'POST', pattern: '/v1/subscription_schedules/:id', handler: update },
  {
    method: 'POST',
    pattern: '/v1/subscription_schedules/:id/release',
    handler: (call) => {
      parse(z.strictObject({ preserve_cancel_date: ignored, expand }), call.params);
      const schedule = getSchedule(call.app, id(call));
      call.app.on(schedule.test_clock, () => release(call.app, schedule));
      return strip(schedule);
    },
  },
  { method: 'POST', pattern: '/v1/subscription_schedules/:id/cancel', handler: cancel },
];
