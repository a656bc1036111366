import type Stripe from 'stripe';
import type { customers } from '@/db/schema';
import { callStripe } from '@/lib/stripe/client';

// What Stripe's customer shows of our billing details: name, e-mail, address. Its tax ids: weigh-tax.ts.

type Details = Pick<
  CustomerRow,
  'name' | 'email' | 'line1' | 'line2' | 'postalCode' | 'city' | 'state' | 'country' | 'taxExempt'
>;

/** What of our row `putDetails` writes. Pure. */
export function detailsOf(row: CustomerRow): Details {
  const { name, email, line1, line2, postalCode, city, state, country, taxExempt } = row;
  return { name, email, line1, line2, postalCode, city, state, country, taxExempt };
}

/** Writes the details of a customer. `taxExempt` and marks left out stay as they are there. @throws StripeUnavailable */
export async function putDetails(
  stripe: Stripe,
  customer: string,
  details: Omit<Details, 'taxExempt'> & Partial<Details>,
  metadata?: Stripe.MetadataParam,
  validates = false,
): Promise<void> {
  const { name, email, line1, line2, postalCode: postal_code, city, state, country, taxExempt } = details;
  await callStripe(() =>
    stripe.customers.update(customer, {
      name,
      email,
      address: { line1, line2, postal_code, city, state, country },
      ...(taxExempt === undefined ? {} : { tax_exempt: taxExempt }),
      // A place that cannot be taxed is found when it is typed, not at the renewal (stripe.md D13).
      ...(validates && country ? { tax: { validate_location: 'immediately' as const } } : {}),
      ...(metadata ? { metadata } : {}),
    }),
  );
}

export type CustomerRow = typeof customers.$inferSelect;
