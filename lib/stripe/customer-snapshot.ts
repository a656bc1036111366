import { z } from 'zod';
import { discountShape, readDiscount } from './discount-snapshot';
import { metadata, reference } from './shapes';

const taxIdShape = z.object({
  id: z.string(),
  type: z.string(),
  value: z.string(),
  customer: reference.nullish(),
  verification: z.object({ status: z.string().nullish() }).nullish(),
});

const cardShape = z.object({
  id: z.string(),
  card: z
    .object({ brand: z.string(), last4: z.string(), exp_month: z.number(), exp_year: z.number() })
    .nullish(),
});

const customerShape = z.object({
  id: z.string(),
  deleted: z.boolean().optional(),
  name: z.string().nullish(),
  email: z.string().nullish(),
  metadata,
  tax_exempt: z.string().nullish(),
  address: z
    .object({
      line1: z.string().nullish(),
      line2: z.string().nullish(),
      postal_code: z.string().nullish(),
      city: z.string().nullish(),
      state: z.string().nullish(),
      country: z.string().nullish(),
    })
    .nullish(),
  invoice_settings: z
    .object({ default_payment_method: z.union([z.string(), cardShape]).nullish() })
    .nullish(),
  tax_ids: z.object({ data: z.array(taxIdShape) }).nullish(),
  discount: discountShape.nullish(),
});

export type CustomerSnapshot = ReturnType<typeof readCustomer>;
export type TaxIdSnapshot = NonNullable<CustomerSnapshot['taxIds']>[number];
export type CardSnapshot = NonNullable<ReturnType<typeof readCard>>;

/** Reads a customer, also a deleted one, which may be only `{id, deleted}` (stripe.md 35). */
export function readCustomer(raw: unknown) {
  const from = customerShape.parse(raw);
  const method = from.invoice_settings?.default_payment_method;
  const exempt = (['reverse', 'exempt'] as const).find((one) => one === from.tax_exempt);
  return {
    id: from.id,
    deleted: from.deleted ?? false,
    name: from.name ?? '',
    email: from.email ?? '',
    address: {
      line1: from.address?.line1 ?? '',
      line2: from.address?.line2 ?? '',
      postalCode: from.address?.postal_code ?? '',
      city: from.address?.city ?? '',
      state: from.address?.state ?? '',
      country: from.address?.country ?? '',
    },
    taxExempt: exempt ?? ('none' as const),
    marks: from.metadata ?? {},
    // Undefined where not told. No default says nothing yet: Checkout leaves the card on the subscription.
    card: method && typeof method === 'object' ? readCard(method) : undefined,
    // Undefined where its coupon was only named.
    discount: from.discount ? readDiscount(from.discount) : null,
    taxIds: from.tax_ids?.data.map((taxId) => ({
      id: taxId.id,
      type: taxId.type,
      value: taxId.value,
      status: taxId.verification?.status ?? 'unavailable',
    })),
  };
}

/** The card of a payment method; null for other kinds. */
export function readCard(raw: unknown) {
  const { card } = cardShape.parse(raw);
  return card
    ? { brand: card.brand, last4: card.last4, expMonth: card.exp_month, expYear: card.exp_year }
    : null;
}
