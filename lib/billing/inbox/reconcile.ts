import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { Keep } from '@/lib/billing/inbox/compare';
import { compareLiving } from '@/lib/billing/inbox/compare-living';
import { keepDifferences } from '@/lib/billing/inbox/differences';
import type { Difference } from '@/lib/billing/inbox/live-rows';
import { takeMissedEvents } from '@/lib/billing/inbox/missed-events';
import { log } from '@/lib/log';
import { compareEach, type ReconcileOptions } from './compare-all';

export type ReconcileReport = {
  merchants: number;
  missedEvents: number;
  repaired: number;
  ambiguous: number;
  /** Merchants that could not be compared, for a fault of ours or of their data; the others were. */
  failed: string[];
  dryRun: boolean;
  differences: Difference[];
};

const KEPT_DIFFERENCES = 200;

/**
 * Compares our rows with Stripe's objects: the subscriptions with items and schedules, invoices and customers of one
 * merchant or all. What only lags is brought to Stripe's state by the usual writer and recorded; what two sides claim
 * differently is listed for a person, once. First the events that never arrived are taken in from Stripe's own list.
 * Convergent; a dry run takes the same path and writes nothing. One merchant that cannot be compared keeps nobody else from it.
 * @throws StripeUnavailable; asked for one merchant, whatever kept it from being compared
 */
export async function reconcileStripe(
  db: Db,
  stripe: Stripe,
  options: ReconcileOptions,
): Promise<ReconcileReport> {
  const report: ReconcileReport = {
    merchants: 0,
    missedEvents: 0,
    repaired: 0,
    ambiguous: 0,
    failed: [],
    dryRun: options.dryRun ?? false,
    differences: [],
  };
  if (!options.merchantId) report.missedEvents = await takeMissedEvents(db, stripe, options);
  const keep: Keep = async (merchantId, found, looked) => {
    for (const difference of found) {
      if (difference.repaired) report.repaired++;
      else report.ambiguous++;
      if (report.differences.length < KEPT_DIFFERENCES) report.differences.push(difference);
    }
    if (!report.dryRun && looked !== 'nothing') {
      await keepDifferences(db, merchantId, found, options.now, looked === 'all');
    }
    report.merchants++;
    options.onProgress?.(report.merchants);
  };
  const fail = (merchantId: string, error: unknown) => {
    log.error({ error, merchant: merchantId }, 'a merchant could not be compared with Stripe');
    report.failed.push(merchantId);
  };
  if (options.living && !options.merchantId) await compareLiving(db, stripe, options, { keep, fail });
  else await compareEach(db, stripe, options, { keep, fail });
  return report;
}
