import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { findCurrentSubscription, livesAtStripe } from '@/lib/billing/account/subscription';
import { withStripeCustomer } from '@/lib/billing/customers/customers';
import { SubscriptionConflict } from '@/lib/billing/errors';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { cancelAtOnce } from '@/lib/billing/subscriptions/cancel-at-once';
import {
  type CheckoutAnswer,
  type CheckoutRequest,
  type Choice,
  expireOpen,
  reviewOpen,
  type SessionRow,
  takeSlot,
} from '@/lib/billing/subscriptions/checkout-slot';
import { callStripe } from '@/lib/stripe/client';
import { readMarks } from '@/lib/stripe/metadata';
import { expireStrays } from './checkout-end';
import { createSession } from './checkout-params';

/**
 * Opens a session for a choice: takes the one open slot of the account and kind in the database, then asks Stripe under
 * a key of that slot, so that a call that died in between or came twice ends in the same session.
 * @throws SubscriptionConflict, MerchantClosed, StripeUnavailable
 */
export async function openSession(
  db: Db,
  stripe: Stripe,
  request: CheckoutRequest,
  choice: Choice,
): Promise<CheckoutAnswer> {
  return withStripeCustomer(db, stripe, request.account.merchantId, request, async (customer) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const slot = await db.transaction((tx) => takeSlot(tx, request, choice));
      if (slot.choice === choice.choice && !slot.stripeSessionId && !isStale(slot, request.now)) {
        if (choice.kind === 'plan') {
          await refuseUnknownPlan(db, stripe, customer, request);
          await expireStrays(stripe, customer, slot);
        }
        const made = await createSession(db, stripe, request, choice, customer, slot);
        if (made) return made;
        continue;
      }
      const still = await reviewOpen(db, stripe, slot, request);
      if (still && slot.choice === choice.choice) return { checkoutUrl: still.url, sessionId: still.id };
      if (still) await expireOpen(db, stripe, slot, request);
    }
    throw new SubscriptionConflict({ reason: 'checkout_opening' });
  });
}

/**
 * Whether a slot whose session never reached us is too old to ask again under its key: the trial's end that was named then
 * may be too near by now, and Stripe would hand out the first answer, with a session that has expired (stripe.md D6).
 */
const isStale = (slot: SessionRow, now: Date): boolean =>
  !slot.stripeSessionId && now.getTime() - slot.createdAt.getTime() > 3_600_000;

/**
 * A plan may live at Stripe that no event has told us of yet: it is brought in, and refuses a second one. One that was
 * never paid makes room, so that it cannot come to life beside the new one.
 * @throws SubscriptionConflict
 */
async function refuseUnknownPlan(
  db: Db,
  stripe: Stripe,
  customer: string,
  request: CheckoutRequest,
): Promise<void> {
  // The plan is the oldest of them: with many add-ons it is on a later page.
  const list = await callStripe(() =>
    stripe.subscriptions.list({ customer, limit: 100 }).autoPagingToArray({ limit: 1000 }),
  );
  const plans = list.filter((one) => {
    const marks = readMarks(one.metadata);
    return marks?.kind === 'plan' && marks.platform === request.account.platformId;
  });
  for (const { id, status } of plans) {
    if (status === 'incomplete') await cancelAtOnce(stripe, id);
    await settle(db, stripe, subscriptionMirror, id, request);
  }
  const current = await findCurrentSubscription(db, request.account);
  if (livesAtStripe(current)) throw new SubscriptionConflict({ status: current?.status });
}
