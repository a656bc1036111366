import type Stripe from 'stripe';

// What the app decides, as Stripe's parameters: one place for a preview, the change it promises, and the contract.

/** A price of the catalogue, or (without `stripePriceId`) one agreed with a merchant, of the product. */
export type WantedPrice = {
  stripePriceId: string | null;
  unitAmount: number;
  currency: string;
  interval: 'month' | 'year';
  productId: string | null;
};

/** The price as an item, a preview or a schedule's phase names it. */
export function priceParams(price: WantedPrice) {
  return price.stripePriceId ? { price: price.stripePriceId } : { price_data: priceData(price) };
}

/** An agreed price, in its own words. */
export const priceData = (price: WantedPrice) => ({
  currency: price.currency.toLowerCase(),
  product: price.productId ?? '',
  unit_amount: price.unitAmount,
  tax_behavior: 'exclusive' as const,
  recurring: { interval: price.interval },
});

/** A change of the plan's item that takes effect now. */
export type ChangeNow = {
  /** The item that changes. Without its quantity Stripe would make it 1 (stripe.md 22). */
  item: { id: string; quantity: number };
  price: WantedPrice;
  /** Nothing is paid yet: nothing is prorated, and the trial goes on. */
  isTrialing: boolean;
  /** Another interval: the period begins now. Without that Stripe keeps the anchor and bills a share (stripe.md 22, D40). */
  restarts: boolean;
  /** When it counts as changed, in unix seconds; never beside a new anchor (stripe.md 53). */
  prorationDate?: number | undefined;
};

/** The part that a preview (`subscription_details`) and the change itself have in common. */
export function changeParams({ item, price, isTrialing, restarts, prorationDate }: ChangeNow) {
  return {
    items: [{ id: item.id, quantity: item.quantity, ...priceParams(price) }],
    ...(isTrialing
      ? { proration_behavior: 'none' as const }
      : {
          proration_behavior: 'always_invoice' as const,
          ...(restarts
            ? { billing_cycle_anchor: { type: 'now' as const } }
            : prorationDate === undefined
              ? {}
              : { proration_date: prorationDate }),
        }),
  };
}

/**
 * How a change that is billed now waits for its money. A card's waits as a pending update and changes nothing before it is
 * paid; debits and all else that Stripe keeps off that list change it only if the payment can be made; what is paid by
 * transfer takes no such parameter (stripe.md 49).
 */
export function paymentParams(subscription: {
  collection_method: string;
  methodType: string | null;
}): Pick<Stripe.SubscriptionUpdateParams, 'payment_behavior'> {
  if (subscription.collection_method === 'send_invoice') return {};
  const { methodType } = subscription;
  return {
    payment_behavior:
      methodType === null || PENDING_METHODS.includes(methodType)
        ? 'pending_if_incomplete'
        : 'error_if_incomplete',
  };
}

/** Methods that a pending update can be paid with. https://docs.stripe.com/billing/subscriptions/pending-updates */
const PENDING_METHODS = ['card', 'link'];

/** The type of the method that would pay: the subscription's own, else the customer's default; null when none is told. */
export function methodTypeOf({ default_payment_method: own, customer }: Stripe.Subscription): string | null {
  const theirs =
    typeof customer === 'object' && !customer.deleted
      ? customer.invoice_settings.default_payment_method
      : null;
  for (const method of [own, theirs]) if (method && typeof method === 'object') return method.type;
  return null;
}
