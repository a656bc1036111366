import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { Act } from '@/lib/billing/audit';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { callStripe } from '@/lib/stripe/client';
import { StripeRefused } from '@/lib/stripe/errors';
import { findNote, makeAgain } from './reissue';
import { isCharged } from './tax';
import {
  alone,
  claim,
  type Decided,
  finish,
  type InvoiceRow,
  requireOpen,
  unclaim,
  VatDecisionConflict,
  write,
} from './vat-claim';
import { type TaxAct, weighTax } from './weigh-tax';

/**
 * Lets an invoice stand without VAT, and says why. Audited; once.
 * @throws NotFound, VatDecisionConflict (also while it is being made again)
 */
export async function acceptWithoutVat(db: Db, input: Act & Decided): Promise<void> {
  await db.transaction(async (tx) => {
    const { row, isClaimed } = await requireOpen(tx, input.invoiceId, 'lock');
    if (isClaimed) throw new VatDecisionConflict('half_way');
    await write(tx, row, input, { decision: 'accepted' });
  });
}

/**
 * Credits what was kept of an invoice that should have borne VAT to the customer's balance (on an open one: it owes nothing any
 * more), and makes that again with VAT, finalised, so that the balance pays the net and the VAT is collected. It is claimed
 * before Stripe is asked: of several at once one goes on, the others are refused, and what events bring in between changes
 * nothing. Safe to repeat after a failure: what was made at Stripe is found again by its mark. Not for credit packages, whose
 * credits would be taken back. https://docs.stripe.com/invoicing/integration/programmatic-credit-notes
 * @throws NotFound, VatDecisionConflict, StripeUnavailable, StripeRefused (then nothing was credited)
 */
export function reissueWithVat(
  db: Db,
  stripe: Stripe,
  input: TaxAct & Decided,
): Promise<{ reissuedAs: string }> {
  return alone(db, input.invoiceId, async () => {
    const { row: seen, isClaimed } = await requireOpen(db, input.invoiceId);
    if (seen.kind === 'credits') throw new VatDecisionConflict('only_accept');
    const { treatment } = await weighTax(db, stripe, seen.merchantId, input);
    if (!isClaimed && !isCharged(treatment)) throw new VatDecisionConflict('not_charged');
    const row = await claim(db, input);
    const made = await makeOrUnclaim(db, stripe, row, input, isCharged(treatment));
    await finish(db, row, input, made);
    for (const id of [row.stripeInvoiceId, made.reissuedAs])
      await settle(db, stripe, invoiceMirror, id, input);
    return made;
  });
}

/** Where nothing came of it, for certain, the claim is taken back; after the credit note it can only be gone on with. */
async function makeOrUnclaim(db: Db, stripe: Stripe, row: InvoiceRow, input: Act & Decided, isDue: boolean) {
  try {
    if (!isDue && !(await findNote(stripe, row))) throw new VatDecisionConflict('not_charged');
    return await makeAgain(stripe, row);
  } catch (error) {
    const isFinal = error instanceof StripeRefused || error instanceof VatDecisionConflict;
    if (!isFinal) throw error;
    if (await findNote(stripe, row)) throw new VatDecisionConflict('half_way', error);
    await unclaim(db, row, input);
    throw error;
  }
}

/**
 * Lets Stripe compute a subscription's tax again, which it had turned off for want of a place; then mirrors it. Safe to repeat.
 * @throws ValidationFailed on `address` while the place is still missing, StripeUnavailable, StripeRefused
 */
export async function turnTaxOn(
  db: Db,
  stripe: Stripe,
  input: Act & { merchantId: string; stripeSubscriptionId: string },
): Promise<void> {
  const id = input.stripeSubscriptionId;
  await callStripe(() => stripe.subscriptions.update(id, { automatic_tax: { enabled: true } }));
  await settle(db, stripe, subscriptionMirror, id, input);
}
