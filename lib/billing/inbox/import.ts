import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { callStripe } from '@/lib/stripe/client';
import { expand } from '@/lib/stripe/expansions';
import { type ImportOptions, type ImportRow, importOne } from './import-one';

/**
 * Takes the subscriptions that live in an existing Stripe account into Tierline, one after the other: whose it is (the
 * list given, metadata, the customer we know, the e-mail), what it is (by price), and then the usual writer brings it in
 * with its customer and invoices, and our marks are written on it. Idempotent: what is there already stays. What two
 * answers fit is left to a person.
 * @throws StripeUnavailable
 */
export async function importSubscriptions(
  db: Db,
  stripe: Stripe,
  options: ImportOptions,
): Promise<ImportRow[]> {
  const rows: ImportRow[] = [];
  const taken = new Set<string>();
  await callStripe(async () => {
    for await (const raw of stripe.subscriptions.list({ limit: 100, expand: expand('importList') })) {
      const row = await importOne(db, stripe, raw, taken, options);
      rows.push(row);
      options.onRow?.(row);
    }
  });
  return rows;
}
