import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { invoices, vatDecisions } from '@/db/schema';
import { type Act, record } from '@/lib/billing/audit';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { DomainError, NotFound } from '@/lib/errors';
import { callStripe } from '@/lib/stripe/client';
import { makeAgain } from './reissue';
import { isCharged } from './tax';
import { type TaxAct, weighTax } from './weigh-tax';

type Row = typeof invoices.$inferSelect;

/** 409: an invoice is not there to be decided about: it was, or it bears VAT; or to be made again: VAT is not due. */
export class VatDecisionConflict extends DomainError {
  constructor(reason: 'no_issue' | 'decided' | 'not_charged' | 'only_accept') {
    super('conflict', 'vat_decision', { reason });
  }
}

type Decided = { invoiceId: string; reason: string };

/**
 * Lets an invoice stand without VAT, and says why. Audited; once.
 * @throws NotFound, VatDecisionConflict
 */
export async function acceptWithoutVat(db: Db, input: Act & Decided): Promise<void> {
  await db.transaction(async (tx) => {
    const row = await requireOpen(tx, input.invoiceId, 'lock');
    await decide(tx, row, input, { decision: 'accepted' });
  });
}

/**
 * Credits an invoice that should have borne VAT, whole, to the customer's balance (on an open one: it owes nothing any more),
 * and makes it again with VAT, finalised, so that the balance pays the net and the VAT is collected. Safe to repeat after a
 * failure: what was made at Stripe is found again by its mark. Not for credit packages, whose credits would be taken back.
 * https://docs.stripe.com/invoicing/integration/programmatic-credit-notes
 * @throws NotFound, VatDecisionConflict (also while the rule says that VAT is not due), StripeUnavailable, StripeRefused
 */
export async function reissueWithVat(
  db: Db,
  stripe: Stripe,
  input: TaxAct & Decided,
): Promise<{ reissuedAs: string }> {
  const row = await requireOpen(db, input.invoiceId);
  if (row.kind === 'credits') throw new VatDecisionConflict('only_accept');
  const { treatment } = await weighTax(db, stripe, row.merchantId, input);
  if (!isCharged(treatment)) throw new VatDecisionConflict('not_charged');
  const made = await makeAgain(stripe, row);
  await db.transaction(async (tx) => {
    const still = await requireOpen(tx, input.invoiceId, 'lock');
    await decide(tx, still, input, { decision: 'reissued', ...made });
  });
  for (const id of [row.stripeInvoiceId, made.reissuedAs]) await settle(db, stripe, invoiceMirror, id, input);
  return made;
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

async function requireOpen(db: Db | Tx, id: string, lock?: 'lock'): Promise<Row> {
  const query = db.select().from(invoices).where(eq(invoices.id, id));
  const [row] = await (lock ? query.for('update') : query);
  if (!row) throw new NotFound('invoice', id);
  if (!row.vatIssue) throw new VatDecisionConflict('no_issue');
  const [decided] = await db.select().from(vatDecisions).where(eq(vatDecisions.invoiceId, id));
  if (decided) throw new VatDecisionConflict('decided');
  return row;
}

async function decide(
  tx: Tx,
  row: Row,
  { actor, now, reason }: Act & Decided,
  what: Pick<typeof vatDecisions.$inferInsert, 'decision' | 'creditNoteId' | 'reissuedAs'>,
): Promise<void> {
  const who = { actorKind: actor.kind, actorId: actor.id, at: now };
  await tx.insert(vatDecisions).values({ invoiceId: row.id, reason, ...who, ...what });
  const { id, merchantId, platformId } = row;
  await record(
    tx,
    { actor, now },
    `invoice.vat_${what.decision}`,
    { id, merchantId, platformId },
    { before: { number: row.number, vatIssue: row.vatIssue }, after: what, reason },
  );
}
