import { and, eq, isNull } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { checkoutSessions } from '@/db/schema';
import { getCustomer } from '@/lib/billing/customers/customers';
import type { CustomerRow } from '@/lib/billing/customers/stripe-details';
import { SubscriptionConflict } from '@/lib/billing/errors';
import { MAX_TRIAL_DAYS } from '@/lib/billing/statuses';
import type {
  CheckoutAnswer,
  CheckoutRequest,
  Choice,
  SessionRow,
} from '@/lib/billing/subscriptions/checkout-slot';
import { callStripe, isKeyTaken, isUnderWay, stripeError } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { writeMarks } from '@/lib/stripe/metadata';
import { addDays, toUnix } from '@/lib/time';
import { endUnpaid } from './checkout-end';

/** Stripe wants a trial's end at least 48 hours ahead; a minute more for the way there. */
const MIN_TRIAL_MS = 48 * 3_600_000 + 60_000;

/** Null when the slot was tried for before, with other words, and is given up: the next one is tried with these. */
export async function createSession(
  db: Db,
  stripe: Stripe,
  request: CheckoutRequest,
  choice: Choice,
  customer: string,
  slot: SessionRow,
): Promise<CheckoutAnswer | null> {
  const { account, urls } = request;
  const marks = writeMarks({
    merchant: account.merchantId,
    platform: account.platformId,
    store: request.storeId ?? undefined,
    kind: choice.kind,
    ...choice.marks,
  });
  const row = await getCustomer(db, account.merchantId);
  const session = await callStripe(() =>
    stripe.checkout.sessions.create(
      {
        mode: choice.mode,
        customer,
        ...askedOf(row, request.tax.automaticTax),
        client_reference_id: account.merchantId,
        line_items: [{ price: choice.priceId, quantity: 1 }],
        success_url: urls.success,
        cancel_url: urls.cancel,
        allow_promotion_codes: true,
        // The price is ours to say, in our currency; by default the buyer may pay in another (stripe.md F9).
        adaptive_pricing: { enabled: false },
        ...(request.methods ? { allowed_payment_method_types: request.methods } : {}),
        automatic_tax: { enabled: request.tax.automaticTax },
        metadata: { ...marks, place: slot.id },
        ...(choice.mode === 'payment'
          ? {
              invoice_creation: { enabled: true, invoice_data: { metadata: marks } },
              payment_intent_data: { metadata: marks },
            }
          : { subscription_data: { metadata: marks, ...trialOf(choice, slot) } }),
      },
      { idempotencyKey: `checkout:${slot.id}` },
    ),
  ).catch(async (error) => {
    // An answer that got lost may have been a yes: the next try asks again under the same key and gets the same session.
    const failure = error instanceof StripeUnavailable ? stripeError(error.cause) : null;
    if (failure?.type === 'StripeConnectionError' || isUnderWay(failure)) throw error;
    // Stripe repeats a failure under the same key: give the slot up, so that the next try has a key of its own. Unless
    // another tab's session came to stand in it meanwhile: that one is open, and is what the next look finds.
    await db
      .update(checkoutSessions)
      .set({ status: 'expired' })
      .where(
        and(
          eq(checkoutSessions.id, slot.id),
          eq(checkoutSessions.status, 'open'),
          isNull(checkoutSessions.stripeSessionId),
        ),
      );
    if (isKeyTaken(error)) return null;
    throw error;
  });
  if (!session) return null;
  if (!session.url) throw new SubscriptionConflict({ reason: 'session_closed' });
  const [kept] = await db
    .update(checkoutSessions)
    .set({ stripeSessionId: session.id, url: session.url })
    .where(and(eq(checkoutSessions.id, slot.id), eq(checkoutSessions.status, 'open')))
    .returning({ id: checkoutSessions.id });
  if (!kept) {
    // Another tab chose otherwise meanwhile and took the slot: this session must not stay payable.
    await endUnpaid(stripe, session.id);
    throw new SubscriptionConflict({ reason: 'other_choice' });
  }
  return { checkoutUrl: session.url, sessionId: session.id };
}

/**
 * What Checkout asks the buyer for: only what we do not hold. Our name and address win over what is typed there. A VAT number
 * is asked for where we know neither name nor number, and never with Stripe Tax, which would believe any (stripe.md 44, 48).
 */
export function askedOf(
  row: Pick<CustomerRow, 'name' | 'line1' | 'postalCode' | 'city' | 'country' | 'vatNumber'>,
  automaticTax: boolean,
): Pick<
  Stripe.Checkout.SessionCreateParams,
  'customer_update' | 'billing_address_collection' | 'tax_id_collection'
> {
  const hasAddress = Boolean(row.line1 && row.city && row.country);
  const missing = {
    ...(row.name ? {} : { name: 'auto' as const }),
    ...(hasAddress ? {} : { address: 'auto' as const }),
  };
  return {
    ...(Object.keys(missing).length > 0 ? { customer_update: missing } : {}),
    billing_address_collection: hasAddress ? 'auto' : 'required',
    ...(row.name || row.vatNumber || automaticTax ? {} : { tax_id_collection: { enabled: true } }),
  };
}

/** The remaining trial, at least 48 h and at most Stripe's two years; counted from when the slot was taken, so that a repeated call says the same. */
function trialOf(choice: Choice, slot: SessionRow): { trial_end?: number } {
  if (!choice.trialEnd) return {};
  const takenAt = addDays(slot.expiresAt, -1);
  const end = Math.max(choice.trialEnd.getTime(), takenAt.getTime() + MIN_TRIAL_MS);
  return { trial_end: toUnix(new Date(Math.min(end, addDays(takenAt, MAX_TRIAL_DAYS).getTime()))) };
}
