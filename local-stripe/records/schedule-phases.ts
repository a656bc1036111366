/** The phases of a schedule as they are given. https://docs.stripe.com/api/subscription_schedules/create */
import type { z } from 'zod';
import type { App } from '../app';
import { addIntervals } from '../clock';
import { invalid, lacking } from '../errors';
import type { Customer, Metadata, Phase, Schedule, Subscription } from '../types';
import { makeDiscount } from './discounts';
import { discountOf } from './item-discounts';
import { resolvePaymentMethod } from './payment-methods';
import { getRecurring, priceFor } from './prices';
import type { phaseParams } from './subscription-params';
import { idsOf, ratesNamed } from './tax-rates';

type PhaseGiven = z.output<typeof phaseParams>;

/** What excludes each other in one phase (stripe.md D59). */
function refuseTogether(phase: PhaseGiven, at: number): void {
  if (phase.end_date !== undefined && phase.duration)
    throw invalid(
      'A phase has an `end_date` or a `duration`.',
      `phases[${at}][duration]`,
      'parameters_exclusive',
    );
  if (phase.billing_cycle_anchor === 'phase_start' && (phase.trial || phase.trial_end !== undefined))
    throw invalid(
      'A phase with a trial cannot start its cycle with itself.',
      `phases[${at}][billing_cycle_anchor]`,
    );
}

export function resolvePhases(
  app: App,
  given: PhaseGiven[],
  begin: number,
  currency: string,
  /** Prices and tax rates of the phase that runs. */
  kept: string[] = [],
): Phase[] {
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
      const price = priceFor(app, item, `phases[${at}][items][${place}]`, at === 0 ? kept : []);
      if (!price) throw lacking(`phases[${at}][items][${place}][price]`);
      if (price.currency !== currency)
        throw invalid(
          'All prices of a schedule must have the same currency.',
          `phases[${at}][items][${place}][price]`,
        );
      return {
        billing_thresholds: null,
        discounts: inPhase(item.discounts),
        metadata: (item.metadata ?? {}) as Metadata,
        plan: price.id,
        price: price.id,
        quantity: item.quantity ?? 1,
        tax_rates: ratesNamed(app, item.tax_rates, `phases[${at}][items][${place}][tax_rates]`, kept) ?? [],
      };
    });
    refuseTogether(phase, at);
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
      ...(phase.automatic_tax ? { automatic_tax: taxSetting(phase.automatic_tax.enabled) } : {}),
      billing_cycle_anchor: phase.billing_cycle_anchor ?? null,
      billing_thresholds: null,
      collection_method: phase.collection_method ?? null,
      currency,
      default_payment_method: phase.default_payment_method || null,
      default_tax_rates:
        ratesNamed(app, phase.default_tax_rates, `phases[${at}][default_tax_rates]`, kept) ?? [],
      description: phase.description || null,
      discounts: inPhase(phase.discounts),
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

const inPhase = (discounts: PhaseGiven['discounts']): Phase['discounts'] =>
  (discounts ?? []).map((one) => ({
    coupon: one.coupon ?? null,
    discount: one.discount ?? null,
    promotion_code: one.promotion_code ?? null,
  }));

export function taxSetting(enabled: boolean) {
  return { disabled_reason: null, enabled, liability: enabled ? { type: 'self' as const } : null };
}

/** "Pass an empty string to avoid inheriting any discounts" (the declarations) is not here: refused where there is one to inherit. */
export function refuseEmptyDiscounts(given: PhaseGiven[], customer: Customer): void {
  const at = given.findIndex((phase) => phase.discounts === null);
  if (at < 0 || !customer.discount) return;
  const param = `phases[${at}][discounts]`;
  throw invalid('A phase cannot keep the discount of its customer off here.', param, 'parameter_unknown');
}

/** Refuses before anything is written what cannot be redeemed, and somebody else's discounts and cards. */
export function checkPhases(app: App, phases: Phase[], customer: Customer, sub: Subscription | null): void {
  for (const [at, phase] of phases.entries()) {
    const ancestors = [sub?.id];
    checkDiscounts(app, phase.discounts, phase.start_date, `phases[${at}]`, { customer, ancestors });
    for (const [place, item] of phase.items.entries()) {
      const on = { customer, ancestors: [...ancestors, ...(sub?.items.map((one) => one.id) ?? [])] };
      checkDiscounts(app, item.discounts ?? [], phase.start_date, `phases[${at}][items][${place}]`, on);
    }
    if (phase.default_payment_method)
      resolvePaymentMethod(
        app,
        phase.default_payment_method,
        customer.id,
        `phases[${at}][default_payment_method]`,
      );
  }
}

/** One that has ended by then is refused, and the whole call with it, whichever phase it is (stripe.md F2). */
function checkDiscounts(
  app: App,
  discounts: Phase['discounts'],
  start: number,
  where: string,
  on: Parameters<typeof makeDiscount>[2],
): void {
  for (const [place, one] of discounts.entries()) {
    const param = `${where}[discounts][${place}][discount]`;
    const { end } = makeDiscount(app, discountOf(one), { ...on, ...(one.discount ? { param } : {}) }, false);
    if (one.discount && end !== null && end !== undefined && end <= start)
      throw invalid('The discount has ended before the phase starts.', param);
  }
}

/**
 * Phases replace phases whole: "Any parameters that were previously set are unset for the existing phase unless you pass
 * those in the update request"; past ones are left out and stay
 * (https://docs.stripe.com/billing/subscriptions/subscription-schedules#update-subscription-schedules).
 */
export function revisePhases(app: App, schedule: Schedule, given: PhaseGiven[]): Phase[] {
  const begin = schedule.current_phase?.start_date ?? schedule.phases[0]?.start_date ?? app.now;
  if (given[0]?.start_date === undefined) throw lacking('phases[0][start_date]');
  const running = schedule.phases.find((phase) => phase.start_date === schedule.current_phase?.start_date);
  const kept = app.settings.archived_price_in_phase === 'taken' ? (running?.items ?? []) : [];
  const rates = [running?.default_tax_rates, ...(running?.items ?? []).map((item) => item.tax_rates)].flatMap(
    idsOf,
  );
  const phases = resolvePhases(app, given, begin, schedule.phases[0]?.currency ?? 'eur', [
    ...kept.map((item) => item.price),
    ...rates,
  ]);
  if (schedule.current_phase && phases[0]?.start_date !== begin)
    throw invalid('You can not modify the start date of the current phase.', 'phases[0][start_date]');
  const sub = app.store.get('subscriptions', schedule.subscription) ?? null;
  const customer = app.need('customers', schedule.customer, 'customer');
  refuseEmptyDiscounts(given, customer);
  checkPhases(app, phases, customer, sub);
  return schedule.current_phase
    ? [...schedule.phases.filter((phase) => phase.end_date <= begin), ...phases]
    : phases;
}

/** The phase that runs at this moment. */
export function phaseNow(app: App, phases: Phase[]): Schedule['current_phase'] {
  const phase = phases.find((one) => one.start_date <= app.now && one.end_date > app.now);
  return phase ? { start_date: phase.start_date, end_date: phase.end_date } : null;
}
