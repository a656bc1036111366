import { and, eq, inArray, ne } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { addOns, creditPackages, retiredPrices, tierPrices } from '@/db/schema';
import type { PriceRow } from '@/lib/billing/plans/tiers';
import { type FieldProblem, ValidationFailed } from '@/lib/errors';
import { same, type WantedPrice } from './price-input';

/**
 * Archives what is no longer wanted or costs otherwise, and adds what is new; a price that was asked before is taken up
 * again, so that its id goes on meaning this tier. A Stripe id does not outlive its amount: prices cannot be changed there.
 * @throws ValidationFailed when a Stripe id belongs to something else
 */
export async function writePrices(tx: Tx, tierId: string, wanted: WantedPrice[]): Promise<void> {
  const rows = await tx.select().from(tierPrices).where(eq(tierPrices.tierId, tierId));
  await refuseTakenIds(tx, tierId, rows, wanted);
  const live = rows.filter((row) => row.archivedAt === null);
  const stays = (row: PriceRow, price: WantedPrice) =>
    same(row, price) &&
    row.unitAmount === price.unitAmount &&
    (!price.stripePriceId || !row.stripePriceId || price.stripePriceId === row.stripePriceId);
  for (const row of live) {
    const price = wanted.find((one) => stays(row, one));
    if (!price) await tx.update(tierPrices).set({ archivedAt: new Date() }).where(eq(tierPrices.id, row.id));
    else if (price.stripePriceId && !row.stripePriceId)
      await tx
        .update(tierPrices)
        .set({ stripePriceId: price.stripePriceId })
        .where(eq(tierPrices.id, row.id));
  }
  for (const price of wanted) {
    if (live.some((row) => stays(row, price))) continue;
    const mine = rows.filter((row) => same(row, price));
    const asked = mine.find(
      (row) =>
        row.archivedAt !== null &&
        row.unitAmount === price.unitAmount &&
        row.stripePriceId !== null &&
        (!price.stripePriceId || row.stripePriceId === price.stripePriceId),
    );
    if (asked) {
      const again = { archivedAt: null, stripeArchivedAt: null };
      await tx.update(tierPrices).set(again).where(eq(tierPrices.id, asked.id));
      continue;
    }
    const stripePriceId = mine.some((row) => row.stripePriceId === price.stripePriceId)
      ? null
      : price.stripePriceId;
    await tx.insert(tierPrices).values({ id: newId('tpr'), tierId, ...price, stripePriceId });
  }
}

/** A Stripe price id means one thing only. */
async function refuseTakenIds(
  tx: Tx,
  tierId: string,
  rows: PriceRow[],
  wanted: WantedPrice[],
): Promise<void> {
  const ids = wanted.flatMap((price) => price.stripePriceId ?? []);
  if (ids.length === 0) return;
  const [others, sold, packs, former] = await Promise.all([
    tx
      .select({ id: tierPrices.stripePriceId })
      .from(tierPrices)
      .where(and(inArray(tierPrices.stripePriceId, ids), ne(tierPrices.tierId, tierId))),
    tx.select({ id: addOns.stripePriceId }).from(addOns).where(inArray(addOns.stripePriceId, ids)),
    tx
      .select({ id: creditPackages.stripePriceId })
      .from(creditPackages)
      .where(inArray(creditPackages.stripePriceId, ids)),
    tx
      .select({ id: retiredPrices.stripePriceId })
      .from(retiredPrices)
      .where(inArray(retiredPrices.stripePriceId, ids)),
  ]);
  const taken = new Set([...others, ...sold, ...packs, ...former].map((row) => row.id));
  const problems = wanted.flatMap((price, i): FieldProblem[] => {
    const { stripePriceId: id } = price;
    const own = rows.find((row) => row.stripePriceId === id);
    if (!id || (!taken.has(id) && (!own || same(own, price)))) return [];
    return [
      {
        path: `prices[${i}].stripePriceId`,
        rule: 'stripe_id_taken',
        message: 'is the id of another price',
      },
    ];
  });
  if (problems.length > 0) throw new ValidationFailed(problems);
}
