/** Prices: shape, lookup keys, and those made in passing by `price_data`. https://docs.stripe.com/api/prices */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { either, invalid, lacking } from '../errors';
import {
  amount,
  bool,
  decimal,
  expand,
  filled,
  ignored,
  metadata,
  type priceData,
  productData,
  recurring,
  taxBehavior,
  text,
  upTo,
} from '../http/params';
import type { ItemChange, Metadata, Price, TaxRate, Wire } from '../types';
import { currencyGiven, refuseAmount } from './currencies';
import { makeProduct, type ProductGiven } from './products';
import type { itemParams } from './subscription-params';
import { idsOf, ratesNamed } from './tax-rates';

/** Throws where the price is unknown or paid once. */
export function getRecurring(app: App, priceId: string): Price {
  const price = app.need('prices', priceId, 'items[0][price]');
  if (!price.recurring) {
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      'items[0][price]',
    );
  }
  return price;
}

export const priceCreate = z.strictObject({
  active: bool.optional(),
  billing_scheme: z.enum(['per_unit']).optional(),
  currency: filled,
  currency_options: ignored,
  lookup_key: upTo(200).optional(),
  metadata: metadata.optional(),
  nickname: text.optional(),
  product: filled.optional(),
  product_data: productData.optional(),
  recurring: recurring.optional(),
  tax_behavior: taxBehavior.optional(),
  transfer_lookup_key: bool.optional(),
  unit_amount: amount.optional(),
  unit_amount_decimal: decimal.optional(),
  expand,
});

type PriceGiven = Omit<z.output<typeof priceCreate>, 'expand'>;

/** `inline`: by `price_data`, shown in no list. Makes its product too where `product_data` says so. */
export function makePrice(app: App, given: PriceGiven, inline = false): Price {
  if (!given.product && !given.product_data) {
    throw invalid(
      'You must specify either `product` or `product_data` when creating a price.',
      'product',
      'parameter_missing',
    );
  }
  if (given.unit_amount === undefined && given.unit_amount_decimal === undefined) {
    throw invalid(
      'Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.',
      'unit_amount',
      'parameter_missing',
    );
  }
  if (given.unit_amount !== undefined && given.unit_amount_decimal !== undefined)
    throw either('unit_amount', 'unit_amount_decimal', 'unit_amount');
  const currency = currencyGiven(given.currency);
  const decimalAmount = given.unit_amount_decimal ?? String(given.unit_amount);
  refuseAmount(
    Number(decimalAmount),
    currency,
    given.unit_amount === undefined ? 'unit_amount_decimal' : 'unit_amount',
  );
  if (given.recurring) refuseRhythm(given.recurring);
  if (given.product) app.need('products', given.product, 'product');
  if (given.lookup_key) freeLookupKey(app, given.lookup_key, given.transfer_lookup_key ?? false);
  const product = given.product ?? makeProduct(app, given.product_data as ProductGiven).id;
  const whole = /^\d+(\.0+)?$/.test(decimalAmount) ? Math.trunc(Number(decimalAmount)) : null;
  const price = {
    id: app.ids.make('price'),
    object: 'price',
    active: given.active ?? true,
    billing_scheme: 'per_unit',
    created: app.now,
    currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: given.lookup_key || null,
    metadata: (given.metadata ?? {}) as Metadata,
    nickname: given.nickname || null,
    product,
    recurring: given.recurring
      ? {
          interval: given.recurring.interval,
          interval_count: given.recurring.interval_count ?? 1,
          meter: null,
          trial_period_days: given.recurring.trial_period_days ?? null,
          usage_type: 'licensed',
        }
      : null,
    tax_behavior: given.tax_behavior ?? 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: given.recurring ? 'recurring' : 'one_time',
    unit_amount: given.unit_amount ?? whole,
    unit_amount_decimal: decimalAmount,
  } satisfies Wire<Stripe.Price>;
  app.store.put('prices', inline ? { ...price, active: false, _: { inline: true } } : price);
  if (!inline) app.emit('price.created', price);
  return price;
}

/** Three years at most. https://docs.stripe.com/api/prices/create (recurring.interval_count) */
function refuseRhythm({ interval, interval_count: count = 1 }: z.output<typeof recurring>): void {
  const most = { day: 1095, week: 156, month: 36, year: 3 }[interval];
  if (count < 1 || count > most) {
    throw invalid(`interval_count is at least 1 and makes three years at most.`, 'recurring[interval_count]');
  }
}

/** Throws where another price has the key, archived or not (stripe.md D30, F12), unless it is to be taken over (`transfer_lookup_key`). */
export function freeLookupKey(app: App, key: string, transfer: boolean, except?: string): void {
  const holder = app.store.by('prices', 'lookup_key', key).find((price) => price.id !== except);
  if (!holder) return;
  if (!transfer)
    throw invalid(
      `A price (\`${holder.id}\`) already uses that lookup key.`,
      'lookup_key',
      'resource_already_exists',
    );
  app.change('prices', holder, 'price.updated', (rec) => {
    rec.lookup_key = null;
  });
}

/**
 * An archived price is refused in every new place, and one made by `price_data` is never active (stripe.md D25). What falls due
 * by itself (a phase that begins) goes on with the price that it has.
 */
export function activePrice(app: App, priceId: string, param: string, kept: string[] = []): Price {
  const price = app.need('prices', priceId, param);
  if (!price.active && !kept.includes(priceId) && app.request !== null) {
    throw invalid(`The price '${priceId}' is inactive; only active ones may be named here.`, param);
  }
  return price;
}

/** A price may be active whose product is not: it cannot be bought (stripe.md D26). */
export function refuseInactiveProduct(app: App, price: Price, param: string): void {
  if (app.store.get('products', price.product)?.active !== false) return;
  throw invalid(
    `The product '${price.product}' is inactive: its prices cannot be bought.`,
    param,
    'product_inactive',
  );
}

/** The price that is named, or made in passing; undefined when neither is given. */
export function priceFor(
  app: App,
  given: {
    price?: string | undefined;
    plan?: string | undefined;
    price_data?: z.output<typeof priceData> | undefined;
  },
  param: string,
  /** Prices that stand there already: they may be archived. */
  kept: string[] = [],
): Price | undefined {
  const priceId = given.price ?? given.plan;
  if (priceId) return activePrice(app, priceId, `${param}[price]`, kept);
  return given.price_data ? makePrice(app, given.price_data, true) : undefined;
}

/** Items as asked for, with their prices. */
export function itemChanges(
  app: App,
  items: z.output<typeof itemParams>[] | undefined,
  /** Of the subscription that is changed: an item may keep its archived price. */
  held: { id: string; price: string; tax_rates?: TaxRate[] | null }[] = [],
): ItemChange[] {
  return (items ?? []).map((item, at) => {
    const kept = held.filter((one) => one.id === item.id).map((one) => one.price);
    const price = priceFor(app, item, `items[${at}]`, kept);
    if (!item.id && !price) throw lacking(`items[${at}][price]`);
    return {
      id: item.id,
      price,
      quantity: item.quantity,
      deleted: item.deleted,
      metadata: item.metadata === undefined ? undefined : ((item.metadata ?? {}) as Metadata),
      discounts: item.discounts === undefined ? undefined : (item.discounts ?? []),
      taxRates: ratesNamed(
        app,
        item.tax_rates,
        `items[${at}][tax_rates]`,
        held.flatMap((one) => idsOf(one.tax_rates)),
      ),
    };
  });
}
