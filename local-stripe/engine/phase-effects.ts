/** What a phase makes of the subscription; nothing is written. https://docs.stripe.com/billing/subscriptions/subscription-schedules */
import { isDeepStrictEqual } from 'node:util';
import type { App } from '../app';
import { mergeMetadata } from '../http/params';
import { isRunning, makeDiscount, redeemable } from '../records/discounts';
import type { Draft } from '../records/drafts';
import { discountOf, hasThose, planOfPhase } from '../records/item-discounts';
import { getRecurring, itemChanges } from '../records/prices';
import { running } from '../records/schedules';
import { sameRhythm, shapeItem } from '../records/subscription-items';
import type { UpdateGiven } from '../records/subscription-params';
import type { Discount, Phase, Schedule, Subscription } from '../types';
import { planChange, restartsByItself } from './changes';

/** "You must specify the new `trial_end` on each phase" (…#use-trials): a phase without one ends a trial. */
export function trialChange(app: App, sub: Subscription, phase: Phase): number | 'now' | undefined {
  const trial = running(app, phase.trial_end);
  return trial === running(app, sub.trial_end) ? undefined : (trial ?? 'now');
}

/** Whether the phase begins a new billing cycle (`billing_cycle_anchor: phase_start`). */
export function startsCycle(schedule: Schedule, phase: Phase): boolean {
  return (phase.billing_cycle_anchor ?? schedule.default_settings.billing_cycle_anchor) === 'phase_start';
}

/**
 * All the discounts of its own that the subscription has in a phase. A phase that names none leaves it none: it "inherits the
 * discount from the subscription's customer", never the subscription's own (docs.stripe.com/api/subscription_schedules/
 * update#update_subscription_schedule-phases-discounts). A coupon is redeemed anew and
 * its time starts again, `discount` goes on with the old one. What can no longer be redeemed by then gives nothing.
 */
export function phaseDiscounts(app: App, sub: Subscription, phase: Phase, keep = true): Discount[] {
  const customer = app.store.get('customers', sub.customer);
  if (!customer) return [];
  return phase.discounts
    .map(discountOf)
    .filter((one) => redeemable(app, one, customer.id))
    .map((one) => makeDiscount(app, one, { customer, subscription: sub.id }, keep))
    .filter((discount) => isRunning(app, discount));
}

/**
 * What a phase does not say, the schedule's `default_settings` say (…#phase-attribute-inheritance); without a default
 * the payment method is the customer's. Metadata is added key by key, an empty value removes its key
 * (…#use-phase-metadata).
 */
export function takeSettings(app: App, rec: Subscription, phase: Phase, schedule: Schedule): void {
  const defaults = schedule.default_settings;
  rec.metadata = mergeMetadata(rec.metadata, phase.metadata ?? {});
  rec.default_tax_rates = phase.default_tax_rates ?? [];
  rec.automatic_tax = { ...rec.automatic_tax, ...(phase.automatic_tax ?? defaults.automatic_tax) };
  rec.collection_method = phase.collection_method ?? defaults.collection_method ?? rec.collection_method;
  rec.days_until_due = rec.collection_method === 'send_invoice' ? (rec.days_until_due ?? 30) : null;
  rec.description = phase.description ?? defaults.description ?? rec.description;
  const method = phase.default_payment_method ?? defaults.default_payment_method;
  const attached = app.store.get('payment_methods', method)?.customer === rec.customer;
  rec.default_payment_method = attached ? method : null;
}

/** A phase's items with the subscription's: one of the same price, else one that no other item of the phase takes. */
function pairItems(sub: Subscription, phase: Phase) {
  const free = sub.items.filter((item) => !phase.items.some((wanted) => wanted.price === item.price));
  return phase.items.map((wanted) => ({
    wanted,
    known: sub.items.find((item) => item.price === wanted.price) ?? free.shift(),
  }));
}

/**
 * Whether a phase changes an item's interval and leaves the anchor where it is: its share up to the old anchor date is
 * prorated as the phase says, and no period begins that would bill it whole (stripe.md D40; seen:
 * https://github.com/better-auth/better-auth/issues/11336). Classic subscriptions start anew by themselves.
 */
export function keepsAnchor(app: App, sub: Subscription, schedule: Schedule, phase: Phase): boolean {
  if (restartsByItself(sub) || startsCycle(schedule, phase)) return false;
  return pairItems(sub, phase).some(
    ({ wanted, known }) =>
      known && !sameRhythm(getRecurring(app, known.price), getRecurring(app, wanted.price)),
  );
}

/** The items of a phase that begins as a period ends: nothing to prorate, the new period bills them. */
export function takeItems(
  app: App,
  rec: Subscription,
  phase: Phase,
  anchors: boolean,
  newId: () => string,
): void {
  let rhythm = false;
  rec.items = pairItems(rec, phase).map(({ wanted, known }) => {
    const price = getRecurring(app, wanted.price);
    const quantity = wanted.quantity ?? 1;
    if (!known) {
      const period = { start: app.now, end: app.now };
      const item = shapeItem(app, rec.id, price, quantity, period, newId(), wanted.metadata ?? {});
      item.tax_rates = wanted.tax_rates ?? [];
      planOfPhase(app, item, wanted, rec);
      return item;
    }
    rhythm ||= !sameRhythm(getRecurring(app, known.price), price);
    const metadata = mergeMetadata(known.metadata, wanted.metadata ?? {});
    const item = { ...known, price: price.id, quantity, metadata, tax_rates: wanted.tax_rates ?? [] };
    planOfPhase(app, item, wanted, rec);
    return item;
  });
  if (rhythm || anchors) rec.billing_cycle_anchor = app.now;
}

/** The same as a change of the subscription; empty where the items are those of the phase. */
export function itemUpdates(sub: Subscription, phase: Phase): NonNullable<UpdateGiven['items']> {
  const pairs = pairItems(sub, phase);
  const kept = new Set(pairs.map(({ known }) => known?.id));
  return [
    ...pairs.flatMap(({ wanted, known }) => {
      const metadata = mergeMetadata(known?.metadata ?? {}, wanted.metadata ?? {});
      const named = (wanted.discounts ?? []).map(discountOf);
      const tax_rates = (wanted.tax_rates ?? []).map((rate) => rate.id);
      const change = {
        price: wanted.price,
        quantity: wanted.quantity ?? 1,
        metadata,
        discounts: named,
        tax_rates,
      };
      if (!known) return [change];
      const same =
        known.price === change.price &&
        known.quantity === change.quantity &&
        isDeepStrictEqual(known.metadata, metadata) &&
        hasThose(known, wanted) &&
        isDeepStrictEqual(
          (known.tax_rates ?? []).map((rate) => rate.id),
          tax_rates,
        );
      return same ? [] : [{ id: known.id, ...change }];
    }),
    ...sub.items.filter((item) => !kept.has(item.id)).map((item) => ({ id: item.id, deleted: true })),
  ];
}

interface Foreseen {
  sub: Subscription;
  discounts: Discount[];
  /** Of items whose interval changes while the anchor stays, and whether they are billed as the phase begins. */
  prorations?: Draft[];
  billsThem?: boolean;
}

/**
 * The subscription as the phase that begins at `at` will have it, nothing written; null when none begins there. Run it
 * at that instant.
 */
export function foreseePhase(
  app: App,
  sub: Subscription,
  schedule: Schedule | undefined,
  at: number,
): Foreseen | null {
  const phase = schedule?.phases.find((one) => one.start_date <= at && one.end_date > at);
  if (!schedule || !phase || phase.start_date === schedule.current_phase?.start_date) return null;
  if (keepsAnchor(app, sub, schedule, phase)) {
    const then = foreseeWith(app, sub, schedule, phase, () => {});
    const behavior = phase.proration_behavior as NonNullable<UpdateGiven['proration_behavior']>;
    const plan = planChange(
      app,
      then.sub,
      {
        items: itemChanges(app, itemUpdates(sub, phase), sub.items),
        behavior,
        resetAnchor: false,
        discounts: then.discounts,
      },
      () => 'si_preview',
    );
    then.sub.items = plan.items;
    return { ...then, prorations: plan.charges, billsThem: behavior === 'always_invoice' };
  }
  return foreseeWith(app, sub, schedule, phase, (rec) =>
    takeItems(app, rec, phase, startsCycle(schedule, phase), () => 'si_preview'),
  );
}

/** What an update of the running phase makes of the subscription but for its items, and what it asks of those. */
export function foreseeRerun(app: App, sub: Subscription, schedule: Schedule) {
  const phase = schedule.phases.find((one) => one.start_date === schedule.current_phase?.start_date);
  if (!phase) return null;
  return {
    ...foreseeWith(app, sub, schedule, phase, () => {}),
    items: itemUpdates(sub, phase),
    trialEnd: trialChange(app, sub, phase),
  };
}

function foreseeWith(
  app: App,
  sub: Subscription,
  schedule: Schedule,
  phase: Phase,
  items: (rec: Subscription) => void,
): { sub: Subscription; discounts: Discount[] } {
  const then = structuredClone(sub);
  const discounts = phaseDiscounts(app, sub, phase, false);
  takeSettings(app, then, phase, schedule);
  items(then);
  then.cancel_at = scheduledEnd({ ...schedule, current_phase: phase });
  return { sub: then, discounts };
}

/**
 * While a schedule is attached the subscription ends as the schedule does. Its `cancel_at` is not set before the last
 * phase begins (…#complete-a-schedule).
 */
export function scheduledEnd(
  schedule: Pick<Schedule, 'end_behavior' | 'phases' | 'current_phase'>,
): number | null {
  const last = schedule.phases.at(-1);
  const inLast = last !== undefined && last.start_date === schedule.current_phase?.start_date;
  return schedule.end_behavior === 'cancel' && inLast ? last.end_date : null;
}
