import type Stripe from 'stripe';
import { EditConflict } from '@/lib/billing/errors';
import { log } from '@/lib/log';
import { callStripe, isMissing, isRefused } from '@/lib/stripe/client';
import { expand } from '@/lib/stripe/expansions';

// What waits at Stripe for the end of a subscription's period: a cancellation, or another plan on a schedule.

type PhaseParams = Stripe.SubscriptionScheduleUpdateParams.Phase;

/** Stripe refuses what it no longer has so: another window was faster. @throws EditConflict */
export function overtaken(error: unknown): never {
  if (!isRefused(error)) throw error;
  log.warn({ error }, 'Stripe refused a change as out of date');
  throw new EditConflict(undefined, { cause: error });
}

/** Clears `cancel_at_period_end` and `cancel_at`, whichever is set (stripe.md 43). @throws EditConflict, StripeUnavailable */
export async function clearCancellation(stripe: Stripe, id: string): Promise<void> {
  const now = await callStripe(() => stripe.subscriptions.retrieve(id));
  if (now.cancel_at_period_end) {
    const cleared = await callStripe(() =>
      stripe.subscriptions.update(id, { cancel_at_period_end: false }),
    ).catch(overtaken);
    if (cleared.cancel_at === null) return;
  }
  if (now.cancel_at !== null)
    await callStripe(() => stripe.subscriptions.update(id, { cancel_at: '' })).catch(overtaken);
}

/**
 * Ends a subscription now. One that is gone already is done: the SDK repeats a DELETE whose answer was lost (stripe.md 52),
 * and the second is answered 404. By default Stripe also stops collecting the customer's other open invoices (the types at
 * `subscriptions.cancel`); those of subscriptions that go on are set going again.
 * @throws StripeUnavailable, StripeRefused
 */
export async function cancelAtOnce(
  stripe: Stripe,
  id: string,
  params: Stripe.SubscriptionCancelParams = {},
): Promise<void> {
  const { customer } = await callStripe(() => stripe.subscriptions.retrieve(id));
  const collected = await listCollected(stripe, idOf(customer), id);
  await callStripe(() => stripe.subscriptions.cancel(id, params)).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (collected.length === 0) return;
  const still = new Set(await listCollected(stripe, idOf(customer), id));
  for (const invoice of collected.filter((one) => !still.has(one))) {
    await callStripe(() => stripe.invoices.update(invoice, { auto_advance: true })).catch(
      (error: unknown) => {
        // Paid or voided meanwhile: nothing to collect.
        if (!isRefused(error)) throw error;
      },
    );
  }
}

/** The customer's open invoices that Stripe collects by itself, but for one subscription's. */
async function listCollected(stripe: Stripe, customer: string, but: string): Promise<string[]> {
  const found: string[] = [];
  await callStripe(async () => {
    found.length = 0;
    for await (const one of stripe.invoices.list({ customer, status: 'open', limit: 100 })) {
      const of = one.parent?.subscription_details?.subscription;
      if (one.id && one.auto_advance && (!of || idOf(of) !== but)) found.push(one.id);
    }
  });
  return found;
}

/** Lets go of a subscription's schedule, if it has one; the plan stays as it is. @throws EditConflict, StripeUnavailable */
export async function releaseSchedule(stripe: Stripe, id: string): Promise<boolean> {
  const now = await callStripe(() => stripe.subscriptions.retrieve(id));
  if (!now.schedule) return false;
  await callStripe(() => stripe.subscriptionSchedules.release(idOf(now.schedule))).catch(overtaken);
  return true;
}

/**
 * Does `work` with what waits set aside: while a schedule is attached Stripe refuses cancellation fields and another
 * schedule (stripe.md 42). When `work` fails, it is put back, for a change that did not happen takes nothing away; unless
 * the subscription has changed meanwhile: then another window was faster, and what it did holds.
 */
export async function setAside<T>(
  stripe: Stripe,
  id: string,
  what: { cancellation: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const before = await callStripe(() => stripe.subscriptions.retrieve(id, { expand: expand('waiting') }));
  const schedule = typeof before.schedule === 'object' ? before.schedule : null;
  const cancels = what.cancellation && before.cancel_at !== null;
  const taken = { schedule: false, cancellation: false };
  try {
    if (schedule) {
      await callStripe(() => stripe.subscriptionSchedules.release(schedule.id)).catch(overtaken);
      taken.schedule = true;
    }
    if (cancels) {
      taken.cancellation = true;
      await clearCancellation(stripe, id);
    }
    return await work();
  } catch (error) {
    if (taken.schedule || taken.cancellation) await putBack(stripe, before, taken.schedule ? schedule : null);
    throw error;
  }
}

/** Best effort, in the failure's shadow: what cannot be put back is logged, and the failure itself is what is told. */
async function putBack(
  stripe: Stripe,
  before: Stripe.Subscription,
  schedule: Stripe.SubscriptionSchedule | null,
): Promise<void> {
  const { id } = before;
  try {
    const now = await callStripe(() => stripe.subscriptions.retrieve(id));
    if (now.schedule || now.cancel_at !== null || pricesOf(now) !== pricesOf(before)) return;
    if (schedule) await writeSchedule(stripe, id, (running) => laterPhases(schedule, running));
    else if (before.cancel_at !== null) {
      const comment = before.cancellation_details?.comment;
      await callStripe(() =>
        stripe.subscriptions.update(id, {
          ...(before.cancel_at_period_end
            ? { cancel_at_period_end: true }
            : { cancel_at: before.cancel_at ?? '' }),
          ...(comment ? { cancellation_details: { comment } } : {}),
        }),
      );
    }
  } catch (error) {
    log.error({ error, subscription: id }, 'what waited for the end of the period could not be put back');
  }
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
function laterPhases(schedule: Stripe.SubscriptionSchedule, { discounts }: PhaseParams): PhaseParams[] {
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

const idOf = (one: string | { id: string } | null) => (typeof one === 'string' ? one : (one?.id ?? ''));

const pricesOf = (subscription: Stripe.Subscription) =>
  subscription.items.data
    .map((item) => `${item.price.id}×${item.quantity}`)
    .sort()
    .join();
