import { and, eq, inArray } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { type Change, checkoutSessions, type invoices } from '@/db/schema';
import type { Act } from '@/lib/billing/audit';
import { Unrecognised } from '@/lib/billing/mirror/customer-lock';
import { type Mirror, Moved, type Outcome } from '@/lib/billing/mirror/mirror';
import { settle } from '@/lib/billing/mirror/settle';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';
import { type Difference, difference } from './live-rows';

export type CompareOptions = Act & { dryRun?: boolean };
export type Check = {
  db: Db;
  stripe: Stripe;
  options: CompareOptions;
  merchantId: string;
  found: Difference[];
};
/**
 * How much of a merchant's was looked at. `part`: nothing may be closed as gone. `nothing`: all was, nothing was found and
 * nothing waits, so that there is nothing to write.
 */
export type Looked = 'all' | 'part' | 'nothing';
/** Takes what was found of a merchant. */
export type Keep = (merchantId: string, found: Difference[], looked: Looked) => Promise<void>;
/** Who is told of each merchant: compared, or not for a fault of ours or of its data. */
export type Told = { keep: Keep; fail: (merchantId: string, error: unknown) => void };

/** Looked at side by side; well below Stripe's rate limit. */
export const AT_ONCE = 6;

class DryRun extends Error {}

/** One object, fetched: what the usual writer would change is the difference. False when Stripe does not know it. */
export async function compare<S>(
  check: Check,
  mirror: Mirror<S>,
  entity: string,
  id: string,
): Promise<boolean> {
  const { db, stripe, options } = check;
  let isKnown = true;
  await noting(check, entity, id, async (seen) => {
    await settle(db, stripe, mirror, id, options, async (_tx, outcome) => {
      isKnown = !(outcome.kind === 'ignored' && outcome.code === 'gone_at_stripe');
      seen(outcome);
    });
  });
  return isKnown;
}

/** One object as a list of Stripe's told it at `at`. Where that cannot decide it is fetched. */
export async function compareListed<S>(
  check: Check,
  mirror: Mirror<S>,
  entity: string,
  { id, snapshot, at }: { id: string; snapshot: S; at: Date },
): Promise<void> {
  const { db, options } = check;
  let mustFetch = false;
  await noting(check, entity, id, async (seen) => {
    await db
      .transaction(async (tx) => {
        const outcome = await mirror.apply(tx, snapshot, { at }, options);
        mustFetch = outcome.kind === 'settle';
        seen(outcome);
      })
      .catch((error) => {
        if (!(error instanceof Moved)) throw error;
        mustFetch = true;
      });
  });
  if (mustFetch) await compare(check, mirror, entity, id);
}

/** Notes what `work` changed; `seen` is called within its transaction, which a dry run leaves there. */
async function noting(
  { options, merchantId, found }: Check,
  entity: string,
  id: string,
  work: (seen: (outcome: Outcome) => void) => Promise<void>,
): Promise<void> {
  let changes: Change[] = [];
  try {
    await work((outcome) => {
      changes = outcome.kind === 'applied' ? outcome.changes : [];
      if (options.dryRun) throw new DryRun();
    });
  } catch (error) {
    if (error instanceof Unrecognised) {
      found.push(difference(entity, id, merchantId, error.code, null, error.details));
      return;
    }
    if (!(error instanceof DryRun)) throw error;
  }
  for (const change of changes) {
    found.push({
      ...difference(change.entity, change.id, merchantId, 'lagged', change.before, change.after),
      repaired: true,
    });
  }
}

/** Whether our row of a bill is missing or says otherwise: years of settled ones need no fetch each. */
export const billDiffers = (row: typeof invoices.$inferSelect | undefined, bill: InvoiceSnapshot): boolean =>
  !(
    row &&
    row.status === bill.status &&
    row.number === bill.number &&
    row.total === bill.total &&
    row.amountDue === bill.amountDue &&
    row.amountPaid === bill.amountPaid &&
    row.attemptCount === bill.attemptCount &&
    row.credited === bill.credited
  );

/** Sessions that are open to us: Stripe may have closed them, and a paid one must not be lost with its event. */
export async function openSessions(
  db: Db,
  merchantIds: string[],
): Promise<{ merchantId: string; id: string }[]> {
  const rows = await db
    .select({ merchantId: checkoutSessions.merchantId, id: checkoutSessions.stripeSessionId })
    .from(checkoutSessions)
    .where(and(inArray(checkoutSessions.merchantId, merchantIds), eq(checkoutSessions.status, 'open')));
  return rows.flatMap(({ merchantId, id }) => (id ? [{ merchantId, id }] : []));
}
