import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { CompareOptions, Told } from '@/lib/billing/inbox/compare';
import { findDoubles } from '@/lib/billing/inbox/live-rows';
import { addDays, toUnix } from '@/lib/time';
import { compareBills, compareCustomers, compareSubscriptions } from './compare-lists';
import type { Run } from './compare-run';
import { compareUnseen, lookAgain } from './compare-unseen';

/** How many days of bills are compared beside the open ones. */
const BILL_DAYS = 3;

/**
 * Compares what lives or is open by Stripe's lists of the whole account, 100 at a time, and fetches only what they cannot
 * decide (stripe.md 45, 50). What lives with us and was on no list is fetched; what a person was asked about earlier is
 * looked at again. Convergent. A dry run writes nothing.
 * @throws StripeUnavailable once what was put right so far is kept
 */
export async function compareLiving(
  db: Db,
  stripe: Stripe,
  options: CompareOptions,
  { keep, fail }: Told,
): Promise<void> {
  const run: Run = {
    db,
    stripe,
    options,
    found: new Map(),
    failed: new Map(),
    seen: new Set(),
    missing: new Set(),
  };
  let asked: Set<string>;
  try {
    await compareCustomers(run);
    await compareSubscriptions(run);
    await compareBills(run, { status: 'open' });
    await compareBills(run, { status: 'draft' });
    await compareBills(run, { created: { gte: toUnix(addDays(options.now, -BILL_DAYS)) } });
    await compareUnseen(run);
    for (const double of await findDoubles(db)) {
      const of = double.merchantId ?? '';
      if (!run.missing.has(of)) run.found.get(of)?.push(double);
    }
    asked = await lookAgain(run);
  } catch (error) {
    for (const [merchantId, found] of run.found) {
      const repaired = found.filter((one) => one.repaired);
      if (repaired.length > 0) await keep(merchantId, repaired, 'part');
    }
    throw error;
  }
  for (const [merchantId, found] of run.found) {
    if (run.failed.has(merchantId)) fail(merchantId, run.failed.get(merchantId));
    else await keep(merchantId, found, found.length > 0 || asked.has(merchantId) ? 'all' : 'nothing');
  }
}
