import { and, inArray, isNull } from 'drizzle-orm';
import type Stripe from 'stripe';
import { customers, invoices, subscriptions, tierPrices } from '@/db/schema';
import { changedFields } from '@/lib/billing/audit';
import { billDiffers, compare, compareListed } from '@/lib/billing/inbox/compare';
import { customerMirror, detailsOf } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { FINAL } from '@/lib/billing/mirror/subscription-next';
import { type CustomerSnapshot, readCustomer } from '@/lib/stripe/customer-snapshot';
import { expand } from '@/lib/stripe/expansions';
import { readInvoice } from '@/lib/stripe/invoice-snapshot';
import { readSubscription } from '@/lib/stripe/subscription-snapshot';
import { eachAtOnce, eachPage, hasSomething, lookAt, ofOurs, type Run } from './compare-run';

export const compareCustomers = (run: Run) =>
  eachPage(
    (page) => run.stripe.customers.list({ ...page, expand: expand('customerList') }),
    async (listed) => {
      const ids = listed.map((one) => one.id);
      const rows = await run.db
        .select()
        .from(customers)
        .where(
          and(inArray(customers.stripeCustomerId, ids), isNull(customers.deletedAtStripe), hasSomething),
        );
      const byId = new Map(rows.map((row) => [row.stripeCustomerId, row]));
      await eachAtOnce(listed, async (one) => {
        const row = byId.get(one.id);
        if (!row) return;
        run.seen.add(one.id);
        await lookAt(run, row.merchantId, async (check) => {
          if (detailsDiffer(row, readCustomer(one))) await compare(check, customerMirror, 'customer', one.id);
        });
      });
    },
  );

/** Whether details differ from our row. Without a default card the one that pays is not on the list: no difference. */
function detailsDiffer(row: typeof customers.$inferSelect, snapshot: CustomerSnapshot): boolean {
  const { cardBrand, cardLast4, cardExpMonth, cardExpYear, ...rest } = detailsOf(
    snapshot,
    row,
    row.createdAt,
  );
  const card = snapshot.card === undefined ? {} : { cardBrand, cardLast4, cardExpMonth, cardExpYear };
  return changedFields<Partial<typeof row>>(row, { ...rest, ...card }) !== null;
}

export async function compareSubscriptions(run: Run): Promise<void> {
  const prices = await run.db.select({ id: tierPrices.stripePriceId }).from(tierPrices);
  const ofCatalogue = new Set(prices.map((price) => price.id));
  await eachPage(
    (page) => run.stripe.subscriptions.list({ ...page, expand: expand('subscriptionList') }),
    async (listed, at) => {
      const ours = await ofOurs(run.db, listed);
      const ids = ours.map(({ one }) => one.id);
      const ended = await run.db
        .select({ id: subscriptions.stripeSubscriptionId })
        .from(subscriptions)
        .where(and(inArray(subscriptions.stripeSubscriptionId, ids), inArray(subscriptions.status, FINAL)));
      const isOver = new Set(ended.map((row) => row.id));
      await eachAtOnce(ours, async ({ one: { id }, one, merchantId }) => {
        run.seen.add(id);
        if (isOver.has(id)) return;
        await lookAt(run, merchantId, async (check) => {
          const snapshot = readSubscription(one);
          // A next phase's price made for one customer is known by its product, which only a fetch tells.
          const isTold = (snapshot.nextPhase?.prices ?? []).every(
            (price) => price.productId !== null || ofCatalogue.has(price.priceId),
          );
          if (isTold) await compareListed(check, subscriptionMirror, 'subscription', { id, snapshot, at });
          else await compare(check, subscriptionMirror, 'subscription', id);
        });
      });
    },
  );
}

export const compareBills = (run: Run, which: Stripe.InvoiceListParams) =>
  eachPage(
    (page) => run.stripe.invoices.list({ ...which, ...page }),
    async (listed) => {
      const ours = await ofOurs(
        run.db,
        listed.filter((bill) => !run.seen.has(bill.id)),
      );
      const ids = ours.map(({ one }) => one.id);
      const rows = await run.db.select().from(invoices).where(inArray(invoices.stripeInvoiceId, ids));
      const byId = new Map(rows.map((row) => [row.stripeInvoiceId, row]));
      await eachAtOnce(ours, async ({ one: { id }, one, merchantId }) => {
        run.seen.add(id);
        await lookAt(run, merchantId, async (check) => {
          if (billDiffers(byId.get(id), readInvoice(one))) await compare(check, invoiceMirror, 'invoice', id);
        });
      });
    },
  );
