import type Stripe from 'stripe';
import { EditConflict } from '@/lib/billing/errors';
import { log } from '@/lib/log';
import { callStripe, isRefused } from '@/lib/stripe/client';
import { expand } from '@/lib/stripe/expansions';

// What waits at Stripe for the end of a subscription's period: a cancellation, or another plan on a schedule.

type PhaseParams = Stripe.SubscriptionScheduleUpdateParams.Phase;

/** Stripe refuses what it no longer has so: another window was faster. @throws EditConflict */
export function overtaken(error: unknown): never {
  if (!isRefused(error)) throw error;
  log.warn({ error }, 'Stripe refused a change as out of date');
  throw new EditConflict(undefined, { cause: error });
}

/** Lets go of a subscription's schedule, if it has one; the plan stays as it is. @throws EditConflict, StripeUnavailable */
export async function releaseSchedule(stripe: Stripe, id: string): Promise<boolean> {
  const now = await callStripe(() => stripe.subscriptions.retrieve(id));
  if (!now.schedule) return false;
  await callStripe(() => stripe.subscriptionSchedules.release(idOf(now.schedule))).catch(overtaken);
  return true;
}

/**
 * Puts a subscription on a schedule: what runs until its end, then `next`; after that it goes on by itself. `next` is made
 * from the running phase. @throws EditConflict, StripeUnavailable
 */
export async function writeSchedule(
  stripe: Stripe,
  id: string,
  next: (running: PhaseParams) => PhaseParams[],
): Promise<void> {
  const subscription = await callStripe(() =>
    stripe.subscriptions.retrieve(id, { expand: expand('schedule') }),
  );
  const schedule = await callStripe(() =>
    stripe.subscriptionSchedules.create({ from_subscription: id }),
  ).catch(overtaken);
  const phase = schedule.phases[0];
  if (!phase) throw new EditConflict();
  const at = (start: number, items: PhaseParams['items']) => ({
    ...discountsAt(subscription.discounts, start),
    items: withItemFacts(items, subscription, start),
  });
  const bare = toParams(phase);
  const running = { ...bare, ...at(phase.start_date, bare.items) };
  const ahead = next({ ...bare, ...at(phase.end_date, bare.items) });
  // A trial that is not named would end with the update.
  const trial = subscription.status === 'trialing' && subscription.trial_end;
  const update = () =>
    stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: 'release',
      proration_behavior: 'none',
      phases: [
        {
          ...running,
          start_date: phase.start_date,
          end_date: phase.end_date,
          ...(trial ? { trial_end: trial } : {}),
        },
        ...ahead,
      ],
    });
  const archived = subscription.items.data.flatMap(({ price }) => (price.active ? [] : [price.id]));
  await withActive(stripe, archived, () => callStripe(update)).catch(async (error: unknown) => {
    // Half a schedule would hold the subscription, and keep what was set aside from being put back.
    await callStripe(() => stripe.subscriptionSchedules.release(schedule.id)).catch((left: unknown) =>
      log.error({ error: left, subscription: id }, 'a schedule without its next phase could not be released'),
    );
    overtaken(error);
  });
}

/**
 * Does `work`, which names prices that may be archived: whether a running phase may name one is written nowhere (stripe.md
 * D25). When Stripe refuses it, they are put back for as long as it takes.
 */
async function withActive<T>(stripe: Stripe, archived: string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefused(error) || archived.length === 0) throw error;
    const set = (active: boolean) =>
      Promise.all(archived.map((id) => callStripe(() => stripe.prices.update(id, { active }))));
    await set(true);
    return await work().finally(() => set(false));
  }
}

/**
 * A phase as an update gives it again. Phases are replaced whole, the running one at once: what is left out is unset
 * (https://docs.stripe.com/billing/subscriptions/subscription-schedules, updating). How it is paid and taxed stands in the
 * schedule's default settings, which stay.
 */
function toParams(phase: Stripe.SubscriptionSchedule.Phase): PhaseParams {
  const rates = phase.default_tax_rates?.map((rate) => rate.id) ?? [];
  return {
    items: phase.items.map((item) => ({
      price: idOf(item.price),
      quantity: item.quantity ?? 1,
      ...(item.metadata && Object.keys(item.metadata).length > 0 ? { metadata: item.metadata } : {}),
      ...(item.tax_rates && item.tax_rates.length > 0
        ? { tax_rates: item.tax_rates.map((rate) => rate.id) }
        : {}),
    })),
    ...(rates.length > 0 ? { default_tax_rates: rates } : {}),
    ...(phase.automatic_tax ? { automatic_tax: { enabled: phase.automatic_tax.enabled } } : {}),
    ...(phase.collection_method ? { collection_method: phase.collection_method } : {}),
    ...(phase.default_payment_method ? { default_payment_method: idOf(phase.default_payment_method) } : {}),
    ...(phase.description ? { description: phase.description } : {}),
    ...(phase.metadata && Object.keys(phase.metadata).length > 0 ? { metadata: phase.metadata } : {}),
  };
}

/**
 * The discounts themselves, never their coupons: a coupon is redeemed anew, and one that was deleted is refused (stripe.md
 * F3). A phase may not name one that has ended by its start (stripe.md F2). Without any of its own it goes on with the
 * customer's.
 */
function discountsAt(discounts: (string | Stripe.Discount)[] | undefined, start: number) {
  const held = (discounts ?? []).filter(
    (one) => typeof one === 'string' || one.end === null || one.end > start,
  );
  return held.length > 0 ? { discounts: held.map((one) => ({ discount: idOf(one) })) } : {};
}

/**
 * A phase's items with what the subscription's items have: a schedule made from one drops their metadata, and what an update
 * leaves out is unset (stripe.md F5).
 */
const withItemFacts = (items: PhaseParams['items'], subscription: Stripe.Subscription, start: number) =>
  items.map(({ discounts: _, ...item }) => {
    const held = subscription.items.data.find((one) => one.price.id === item.price);
    return {
      ...item,
      ...(held && Object.keys(held.metadata).length > 0 ? { metadata: held.metadata } : {}),
      ...discountsAt(held?.discounts, start),
    };
  });

/** The phases of a schedule that lie ahead, with the discounts that hold. */
export function laterPhases(
  schedule: Stripe.SubscriptionSchedule,
  { discounts }: PhaseParams,
): PhaseParams[] {
  const end = schedule.current_phase?.end_date ?? 0;
  return schedule.phases
    .filter((phase) => phase.start_date >= end)
    .map((phase) => ({
      ...toParams(phase),
      ...(discounts ? { discounts } : {}),
      end_date: phase.end_date,
      ...(phase.billing_cycle_anchor ? { billing_cycle_anchor: phase.billing_cycle_anchor } : {}),
      proration_behavior: phase.proration_behavior,
    }));
}

export const idOf = (one: string | { id: string } | null) =>
  typeof one === 'string' ? one : (one?.id ?? '');

export const pricesOf = (subscription: Stripe.Subscription) =>
  subscription.items.data
    .map((item) => `${item.price.id}×${item.quantity}`)
    .sort()
    .join();
