/** The first invoice of a subscription, or a schedule, that is not there yet. */
import type { App } from '../app';
import { firstDrafts } from '../engine/subscription-start';
import { invalid } from '../errors';
import { orCustomers } from '../records/customer-discount';
import { type DiscountGiven, makeDiscount } from '../records/discounts';
import { shapeInvoice } from '../records/invoice-shape';
import { discountOf } from '../records/item-discounts';
import { itemChanges } from '../records/prices';
import { checkPhases, refuseEmptyDiscounts, resolvePhases, revisePhases } from '../records/schedule-phases';
import { shapeSubscription } from '../records/subscription-shape';
import type { Customer, Discount, Invoice, Phase, Price, Schedule, TaxRate } from '../types';
import { discountsFor, extraDrafts, noneUpcoming, taxed } from './preview-asked';
import type { PreviewGiven } from './preview-params';

/** The phase that a schedule will begin with; throws invoice_upcoming_none when there is none. */
export function firstPhase(
  app: App,
  schedule: Schedule | null,
  customer: Customer,
  given: PreviewGiven,
): Phase {
  const phases = given.schedule_details?.phases;
  if (schedule && schedule.status !== 'not_started') throw noneUpcoming(customer.id);
  const price = phases?.[0]?.items[0]?.price;
  const currency = app.store.get('prices', price)?.currency ?? customer.currency ?? 'eur';
  const [first] = !phases
    ? (schedule?.phases ?? [])
    : schedule
      ? revisePhases(app, schedule, phases)
      : resolvePhases(app, phases, app.now, currency);
  if (!first) throw noneUpcoming(customer.id);
  if (!schedule) refuseEmptyDiscounts(phases ?? [], customer);
  if (!schedule) checkPhases(app, [first], customer, null);
  return first;
}

/** The first invoice of a schedule that has no subscription yet. */
export function ofPhase(app: App, phase: Phase, customer: Customer, given: PreviewGiven): Invoice {
  return app.clock.at(Math.max(phase.start_date, app.now), () =>
    ofNew(app, customer, given, {
      items: phase.items.map((item) => ({
        price: app.store.get('prices', item.price) as Price,
        quantity: item.quantity ?? 1,
        discounts: item.discounts?.map(discountOf),
        taxRates: item.tax_rates ?? [],
      })),
      trialEnd: phase.trial_end,
      anchor: null,
      discounts: phase.discounts.map((one) => makeDiscount(app, discountOf(one), { customer }, false)),
      automaticTax: given.automatic_tax?.enabled ?? phase.automatic_tax?.enabled ?? false,
    }),
  );
}

/** The first invoice of a subscription that is only asked about. */
export function ofNothingYet(app: App, customer: Customer, given: PreviewGiven): Invoice {
  const change = given.subscription_details;
  const items = itemChanges(app, change?.items).map((item) => {
    if (!item.price)
      throw invalid(
        'Missing required param: subscription_details[items][0][price].',
        'subscription_details[items]',
        'parameter_missing',
      );
    return {
      price: item.price,
      quantity: item.quantity ?? 1,
      discounts: item.discounts,
      taxRates: item.taxRates,
    };
  });
  return ofNew(app, customer, given, {
    items,
    trialEnd: typeof change?.trial_end === 'number' ? change.trial_end : null,
    anchor: change?.billing_cycle_anchor?.timestamp ?? null,
    discounts: [],
    automaticTax: taxed(given, null),
  });
}

function ofNew(
  app: App,
  customer: Customer,
  given: PreviewGiven,
  wanted: {
    items: {
      price: Price;
      quantity: number;
      discounts?: DiscountGiven[] | undefined;
      taxRates?: TaxRate[] | undefined;
    }[];
    trialEnd: number | null;
    anchor: number | null;
    discounts: Discount[];
    automaticTax: boolean;
  },
): Invoice {
  const { items, automaticTax } = wanted;
  const currency = items[0]?.price.currency ?? given.currency ?? customer.currency ?? 'eur';
  const extra = extraDrafts(app, given, currency);
  if (items.length === 0 && extra.length === 0) throw noneUpcoming(customer.id);
  const asked = discountsFor(app, given, customer, null);
  const discounts = asked ?? wanted.discounts;
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
      discounts: asked ?? orCustomers(app, customer.id, sub?.items ?? [], discounts),
      currency,
      periodStart: app.now,
      periodEnd: app.now,
      automaticTax,
      autoAdvance: true,
    },
    true,
  );
}
