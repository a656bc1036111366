import type Stripe from 'stripe';
import { log } from '@/lib/log';
import { callStripe } from '@/lib/stripe/client';
import { expand } from '@/lib/stripe/expansions';
import { laterPhases, overtaken, pricesOf, writeSchedule } from './schedule';

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
