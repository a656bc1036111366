import { asc, eq, inArray } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { addOns, creditPackages, platforms, retiredPrices, tierPrices, tiers } from '@/db/schema';
import { type Actor, recordAudit } from '@/lib/billing/audit';
import { callStripe, isMissing } from './client';

type Entity = 'tier' | 'add_on' | 'credit_package';

/** One thing we sell, as it should stand at Stripe. */
type Offer = {
  entity: Entity;
  id: string;
  code: string;
  platform: string;
  name: string;
  description: string;
  isActive: boolean;
  productId: string | null;
  prices: OfferPrice[];
};

type OfferPrice = {
  /** The row that keeps the Stripe price id: the tier price's, or the offer's own. */
  rowId: string;
  lookupKey: string;
  currency: string;
  unitAmount: number;
  interval: 'month' | 'year' | null;
  priceId: string | null;
};

/** One step of a push, in words a person can check before it is done. */
export type PushStep = {
  action:
    | 'create_product'
    | 'update_product'
    | 'archive_product'
    | 'create_price'
    | 'adopt_price'
    | 'replace_price';
  entity: Entity;
  code: string;
  platform: string;
  detail: string;
};

type Work = PushStep & { offer: Offer; price?: OfferPrice; replaced?: string; found?: string };

/**
 * What pushing the catalogue to Stripe would change, without changing anything. Empty = Stripe has it all.
 * `only` narrows it to one tier, add-on or package.
 * @throws StripeUnavailable
 */
export async function planPush(
  db: Db,
  stripe: Stripe,
  only?: { entity: Entity; id: string },
): Promise<PushStep[]> {
  const work = await plan(db, stripe, only);
  return work.map(({ action, entity, code, platform, detail }) => ({
    action,
    entity,
    code,
    platform,
    detail,
  }));
}

/**
 * Brings Stripe's products and prices to our catalogue, by lookup key `platform:code:interval:currency` (stripe.md 46).
 * A price cannot be changed at Stripe: a new one takes the key over and the old is archived, still served to those who
 * have it. Idempotent; a push that died in between is finished by the next.
 * @throws StripeUnavailable
 */
export async function applyPush(
  db: Db,
  stripe: Stripe,
  actor: Actor,
  now: Date,
  only?: { entity: Entity; id: string },
): Promise<PushStep[]> {
  const work = await plan(db, stripe, only);
  for (const step of work) await doStep(db, stripe, step);
  const steps = work.map(({ action, entity, code, platform, detail }) => ({
    action,
    entity,
    code,
    platform,
    detail,
  }));
  if (steps.length > 0) {
    await db.transaction((tx) =>
      recordAudit(
        tx,
        actor,
        now,
        work.map((step) => ({
          action: `stripe.${step.action}`,
          entity: step.entity,
          entityId: step.offer.id,
          after: { code: step.code, detail: step.detail },
        })),
      ),
    );
  }
  return steps;
}

async function plan(db: Db, stripe: Stripe, only?: { entity: Entity; id: string }): Promise<Work[]> {
  const all = await loadOffers(db);
  const offers = only ? all.filter((offer) => offer.entity === only.entity && offer.id === only.id) : all;
  const products = await readProducts(
    stripe,
    offers.flatMap((offer) => offer.productId ?? []),
  );
  const prices = await readPrices(
    stripe,
    offers.flatMap((offer) => offer.prices.map((price) => price.lookupKey)),
  );
  return offers.flatMap((offer) => planOffer(offer, products, prices));
}

function planOffer(
  offer: Offer,
  products: Map<string, Stripe.Product>,
  prices: Map<string, Stripe.Price>,
): Work[] {
  const step = (action: PushStep['action'], detail: string, more: Partial<Work> = {}): Work => ({
    action,
    entity: offer.entity,
    code: offer.code,
    platform: offer.platform,
    detail,
    offer,
    ...more,
  });
  const product = offer.productId ? products.get(offer.productId) : undefined;
  const work: Work[] = [];
  if (!offer.isActive) {
    if (product?.active) work.push(step('archive_product', offer.name));
    return work;
  }
  // A tier with custom prices has a product too: its prices are made per customer and map by it.
  if (!product) work.push(step('create_product', offer.name));
  else if (
    product.name !== offer.name ||
    (product.description ?? '') !== offer.description ||
    !product.active
  ) {
    work.push(step('update_product', `${product.name} → ${offer.name}`));
  }
  for (const price of offer.prices) {
    const words = `${price.unitAmount / 100} ${price.currency}${price.interval ? ` / ${price.interval}` : ''}`;
    const found = prices.get(price.lookupKey);
    const same =
      found !== undefined &&
      found.unit_amount === price.unitAmount &&
      found.currency.toUpperCase() === price.currency &&
      (found.recurring?.interval ?? null) === price.interval &&
      idOf(found.product) === offer.productId;
    if (same && found.active && price.priceId === found.id) continue;
    if (same && found.active) work.push(step('adopt_price', words, { price, found: found.id }));
    else if (found) work.push(step('replace_price', words, { price, replaced: found.id }));
    else work.push(step('create_price', words, { price, replaced: price.priceId ?? undefined }));
  }
  return work;
}

const idOf = (reference: string | { id: string }): string =>
  typeof reference === 'string' ? reference : reference.id;

async function doStep(db: Db, stripe: Stripe, work: Work): Promise<void> {
  const { offer } = work;
  if (work.action === 'archive_product') {
    const id = offer.productId;
    if (id) await callStripe(() => stripe.products.update(id, { active: false }));
  } else if (work.action === 'create_product') {
    const product = await callStripe(() =>
      stripe.products.create({
        name: offer.name,
        ...(offer.description ? { description: offer.description } : {}),
        metadata: { platform: offer.platform, kind: offer.entity, code: offer.code },
      }),
    );
    offer.productId = product.id;
    await keepProduct(db, offer);
  } else if (work.action === 'update_product') {
    const id = offer.productId;
    if (id) {
      await callStripe(() =>
        stripe.products.update(id, { name: offer.name, description: offer.description, active: true }),
      );
    }
  } else if (work.action === 'adopt_price') {
    await keepPrice(db, work, work.found ?? '');
  } else {
    await pushPrice(db, stripe, work);
  }
}

async function pushPrice(db: Db, stripe: Stripe, work: Work): Promise<void> {
  const { offer, price } = work;
  const product = offer.productId;
  if (!price || !product) throw new Error(`${offer.code} has no product to price`);
  const made = await callStripe(() =>
    stripe.prices.create({
      product,
      currency: price.currency.toLowerCase(),
      unit_amount: price.unitAmount,
      tax_behavior: 'exclusive',
      lookup_key: price.lookupKey,
      transfer_lookup_key: true,
      ...(price.interval ? { recurring: { interval: price.interval } } : {}),
      metadata: { platform: offer.platform, kind: offer.entity, code: offer.code },
    }),
  );
  const old = work.replaced;
  // Our row first: a price that Stripe has and we do not know would be an unmapped one.
  await keepPrice(db, work, made.id);
  if (old && old !== made.id) {
    await callStripe(() => stripe.prices.update(old, { active: false })).catch((error) => {
      if (!isMissing(error)) throw error;
    });
  }
}

async function keepProduct(db: Db, offer: Offer): Promise<void> {
  const stripeProductId = offer.productId;
  if (offer.entity === 'tier') await db.update(tiers).set({ stripeProductId }).where(eq(tiers.id, offer.id));
  else if (offer.entity === 'add_on')
    await db.update(addOns).set({ stripeProductId }).where(eq(addOns.id, offer.id));
  else await db.update(creditPackages).set({ stripeProductId }).where(eq(creditPackages.id, offer.id));
}

/** Keeps a price id. The former one of an add-on or package stays mapped; a tier's former prices are rows of their own. */
async function keepPrice(db: Db, work: Work, stripePriceId: string): Promise<void> {
  const { offer, price } = work;
  if (!price) return;
  const former = price.priceId && price.priceId !== stripePriceId ? price.priceId : null;
  await db.transaction(async (tx) => {
    if (offer.entity === 'tier') {
      if (former) await keepFormerTierPrice(tx, price.rowId, former);
      await tx.update(tierPrices).set({ stripePriceId }).where(eq(tierPrices.id, price.rowId));
      return;
    }
    const owner = offer.entity === 'add_on' ? { addOnId: offer.id } : { creditPackageId: offer.id };
    if (former)
      await tx
        .insert(retiredPrices)
        .values({ stripePriceId: former, ...owner })
        .onConflictDoNothing();
    if (offer.entity === 'add_on')
      await tx.update(addOns).set({ stripePriceId }).where(eq(addOns.id, offer.id));
    else await tx.update(creditPackages).set({ stripePriceId }).where(eq(creditPackages.id, offer.id));
  });
}

async function keepFormerTierPrice(tx: Db, rowId: string, former: string): Promise<void> {
  const [row] = await tx.select().from(tierPrices).where(eq(tierPrices.id, rowId));
  if (!row) return;
  await tx.update(tierPrices).set({ stripePriceId: null }).where(eq(tierPrices.id, rowId));
  await tx
    .insert(tierPrices)
    .values({ ...row, id: `${row.id}_${former}`, stripePriceId: former, archivedAt: new Date() });
}

async function loadOffers(db: Db): Promise<Offer[]> {
  const platformRows = await db.select().from(platforms);
  const platformOf = new Map(platformRows.map((row) => [row.id, row.code]));
  const [tierRows, addOnRows, packageRows] = await Promise.all([
    db.select().from(tiers).orderBy(asc(tiers.platformId), asc(tiers.displayOrder)),
    db.select().from(addOns).orderBy(asc(addOns.platformId), asc(addOns.displayOrder)),
    db
      .select()
      .from(creditPackages)
      .orderBy(asc(creditPackages.platformId), asc(creditPackages.displayOrder)),
  ]);
  const priceRows =
    tierRows.length > 0
      ? await db
          .select()
          .from(tierPrices)
          .where(
            inArray(
              tierPrices.tierId,
              tierRows.map((row) => row.id),
            ),
          )
          .orderBy(asc(tierPrices.currency), asc(tierPrices.interval))
      : [];
  const key = (platformId: string, code: string, interval: string, currency: string) =>
    `${platformOf.get(platformId) ?? platformId}:${code}:${interval}:${currency.toLowerCase()}`;
  return [
    ...tierRows.map(
      (row): Offer => ({
        entity: 'tier',
        id: row.id,
        code: row.code,
        platform: platformOf.get(row.platformId) ?? row.platformId,
        name: row.name,
        description: row.description,
        isActive: row.isActive,
        productId: row.stripeProductId,
        prices: !row.isSelfService
          ? []
          : priceRows
              .filter((price) => price.tierId === row.id && price.archivedAt === null)
              .map((price) => ({
                rowId: price.id,
                lookupKey: key(row.platformId, row.code, price.interval, price.currency),
                currency: price.currency,
                unitAmount: price.unitAmount,
                interval: price.interval,
                priceId: price.stripePriceId,
              })),
      }),
    ),
    ...addOnRows.map((row): Offer => offerOf('add_on', row, platformOf, row.description, row.interval, key)),
    ...packageRows.map((row): Offer => offerOf('credit_package', row, platformOf, '', null, key)),
  ];
}

function offerOf(
  entity: Entity,
  row: Pick<
    typeof addOns.$inferSelect,
    | 'id'
    | 'code'
    | 'platformId'
    | 'name'
    | 'isActive'
    | 'stripeProductId'
    | 'stripePriceId'
    | 'currency'
    | 'unitAmount'
  >,
  platformOf: Map<string, string>,
  description: string,
  interval: 'month' | 'year' | null,
  key: (platformId: string, code: string, interval: string, currency: string) => string,
): Offer {
  return {
    entity,
    id: row.id,
    code: row.code,
    platform: platformOf.get(row.platformId) ?? row.platformId,
    name: row.name,
    description,
    isActive: row.isActive,
    productId: row.stripeProductId,
    prices: [
      {
        rowId: row.id,
        lookupKey: key(row.platformId, row.code, interval ?? 'once', row.currency),
        currency: row.currency,
        unitAmount: row.unitAmount,
        interval,
        priceId: row.stripePriceId,
      },
    ],
  };
}

async function readProducts(stripe: Stripe, ids: string[]): Promise<Map<string, Stripe.Product>> {
  const found = new Map<string, Stripe.Product>();
  for (let from = 0; from < ids.length; from += 100) {
    const list = await callStripe(() =>
      stripe.products.list({ ids: ids.slice(from, from + 100), limit: 100 }),
    );
    for (const product of list.data) found.set(product.id, product);
  }
  return found;
}

/** By lookup key, ten a call (Stripe's limit). */
async function readPrices(stripe: Stripe, keys: string[]): Promise<Map<string, Stripe.Price>> {
  const found = new Map<string, Stripe.Price>();
  for (let from = 0; from < keys.length; from += 10) {
    const list = await callStripe(() =>
      stripe.prices.list({ lookup_keys: keys.slice(from, from + 10), limit: 100 }),
    );
    for (const price of list.data) if (price.lookup_key) found.set(price.lookup_key, price);
  }
  return found;
}
