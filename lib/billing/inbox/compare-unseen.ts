import { and, asc, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { customers, stripeDifferences } from '@/db/schema';
import { compare, openSessions } from '@/lib/billing/inbox/compare';
import { difference, listLive, orphan } from '@/lib/billing/inbox/live-rows';
import { customerMirror } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { sessionMirror } from '@/lib/billing/mirror/session';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { eachAtOnce, hasSomething, lookAt, PAGE, type Run } from './compare-run';

/** What lives with us and was on no list of Stripe's: it ended unheard, or Stripe does not know it. And our open checkouts. */
export async function compareUnseen(run: Run): Promise<void> {
  for (let after = ''; ; ) {
    const page = await run.db
      .select({ merchantId: customers.merchantId, customer: customers.stripeCustomerId })
      .from(customers)
      .where(
        and(
          isNotNull(customers.stripeCustomerId),
          isNull(customers.deletedAtStripe),
          gt(customers.merchantId, after),
          hasSomething,
        ),
      )
      .orderBy(asc(customers.merchantId))
      .limit(PAGE);
    const ids = page.map((row) => row.merchantId);
    const [live, sessions] = await Promise.all([listLive(run.db, ids), openSessions(run.db, ids)]);
    const unseen = live.flatMap(({ stripeId, ...row }) =>
      stripeId && !run.seen.has(stripeId) ? [{ ...row, stripeId }] : [],
    );
    await eachAtOnce(page, ({ merchantId, customer }) =>
      lookAt(run, merchantId, async (check) => {
        if (customer && !run.seen.has(customer)) {
          const isKnown = await compare(check, customerMirror, 'customer', customer);
          if (!isKnown) {
            run.missing.add(merchantId);
            const of = { merchantId, stripeCustomerId: customer };
            check.found.push(difference('customer', customer, merchantId, 'missing_at_stripe', of, null));
            return;
          }
        }
        const mine = unseen.filter((row) => row.merchantId === merchantId);
        for (const id of new Set(mine.map((row) => row.stripeId))) {
          run.seen.add(id);
          const rows = mine.filter((row) => row.stripeId === id);
          const isKnown =
            rows[0]?.entity === 'invoice'
              ? await compare(check, invoiceMirror, 'invoice', id)
              : await compare(check, subscriptionMirror, 'subscription', id);
          if (!isKnown) check.found.push(...rows.map(orphan));
        }
        for (const { id } of sessions.filter((row) => row.merchantId === merchantId)) {
          run.seen.add(id);
          await compare(check, sessionMirror, 'checkout', id);
        }
      }),
    );
    after = page.at(-1)?.merchantId ?? '';
    if (page.length < PAGE) return;
  }
}

/**
 * What waits for a person of these merchants and was on no list, say of a subscription that ended: looked at again, so
 * that only what is put right is closed. Answers the merchants who have such.
 */
export async function lookAgain(run: Run): Promise<Set<string>> {
  const asked = new Set<string>();
  const merchants = [...run.found.keys()];
  for (let from = 0; from < merchants.length; from += PAGE) {
    const open = await run.db
      .select({
        merchantId: sql<string>`${stripeDifferences.merchantId}`,
        entity: stripeDifferences.entity,
        id: stripeDifferences.entityId,
        kind: stripeDifferences.kind,
      })
      .from(stripeDifferences)
      .where(
        and(
          inArray(stripeDifferences.merchantId, merchants.slice(from, from + PAGE)),
          isNull(stripeDifferences.resolvedAt),
        ),
      );
    for (const row of open) asked.add(row.merchantId);
    const unseen = open.filter(
      (row) => row.kind !== 'missing_at_stripe' && !run.seen.has(row.id) && !run.missing.has(row.merchantId),
    );
    await eachAtOnce(unseen, ({ merchantId, entity, id }) =>
      lookAt(run, merchantId, async (check) => {
        run.seen.add(id);
        if (entity === 'subscription') await compare(check, subscriptionMirror, entity, id);
        if (entity === 'invoice') await compare(check, invoiceMirror, entity, id);
        if (entity === 'customer') await compare(check, customerMirror, entity, id);
        if (entity === 'checkout') await compare(check, sessionMirror, entity, id);
      }),
    );
  }
  return asked;
}
