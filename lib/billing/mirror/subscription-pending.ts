import { eq } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { tierPrices } from '@/db/schema';
import { recogniseItems } from '@/lib/billing/mirror/items';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';
import type { SubscriptionSnapshot } from '@/lib/stripe/subscription-snapshot';

/** The change that waits: a schedule's next phase, or an upgrade whose payment is open (stripe.md 41). */
export async function readPending(tx: Tx, snapshot: SubscriptionSnapshot) {
  const next = snapshot.nextPhase;
  const none = { pendingTierId: null, pendingInterval: null, pendingAt: null, pendingUnitAmount: null };
  const payment = {
    pendingPaymentUrl: snapshot.pendingUntil ? payableAt(snapshot.latestInvoice) : null,
    pendingPaymentUntil: snapshot.pendingUntil,
  };
  if (!next) return { ...none, ...payment };
  const { plans } = await recogniseItems(tx, next.prices);
  const plan = plans[0];
  const current = snapshot.items.some((item) => item.priceId === plan?.item.priceId);
  if (!plan || current) return { ...none, ...payment };
  const listed = await findListed(tx, plan.item.priceId);
  return {
    pendingTierId: plan.tierId,
    pendingInterval: listed?.interval ?? plan.item.interval ?? 'month',
    pendingAt: next.at,
    pendingUnitAmount: listed ? null : plan.item.unitAmount,
    ...payment,
  };
}

const payableAt = (invoice: InvoiceSnapshot | null) =>
  invoice?.status === 'open' ? invoice.hostedInvoiceUrl : null;

/** The price as the catalogue has or had it; null for one that was agreed with one merchant. */
async function findListed(tx: Tx, priceId: string): Promise<{ interval: 'month' | 'year' } | null> {
  const [price] = await tx
    .select({ interval: tierPrices.interval })
    .from(tierPrices)
    .where(eq(tierPrices.stripePriceId, priceId));
  return price ?? null;
}
