import { and, asc, eq, gt, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { customers, subscriptions, vatProofs } from '@/db/schema';
import { record } from '@/lib/billing/audit';
import { LIVE } from '@/lib/billing/statuses';
import { askToCheck, askToWeigh } from '@/lib/billing/vat-queue';
import { addDays, DAY_MS } from '@/lib/time';
import { askVies, type Vies, type ViesAnswer } from '@/lib/vat/vies';
import { getCustomer } from './customers';
import type { CustomerRow } from './stripe-details';
import { decideTax, isAsWanted, wantedAtStripe } from './tax';
import { type TaxAct, weighTax } from './weigh-tax';

/** How long a verdict is relied on before VIES is asked again. */
export const RECHECK_DAYS = 90;
/** A recheck without an answer for so long is for a person. */
export const OVERDUE_DAYS = 30;

/**
 * Asks VIES about a merchant's number, if that is due, writes down what it says, and weighs who owes the VAT. A yes or no
 * stands until another one: with its raw answer, time and consultation number as an append-only proof. No answer changes no
 * verdict; it is asked again later and later. Safe to repeat. Never two at once per member state: its queue sees to that.
 * @throws StripeUnavailable when Stripe is to be told; what VIES said is kept then, and the queued weighing tells it later
 */
export async function checkVatNumber(
  db: Db,
  stripe: Stripe | null,
  merchantId: string,
  vies: Vies,
  act: TaxAct,
  random: () => number = Math.random,
): Promise<{ asked: boolean; answer?: ViesAnswer['verdict'] }> {
  const row = await getCustomer(db, merchantId);
  const number = row.vatNumber;
  if (!number || !row.vatNextCheckAt || row.vatNextCheckAt > act.now) return { asked: false };
  const answer = await askVies(vies, number);
  await db.transaction((tx) => keep(tx, merchantId, number, answer, act, random));
  await weighTax(db, stripe, merchantId, act);
  return { asked: true, answer: answer.verdict };
}

async function keep(
  tx: Tx,
  merchantId: string,
  number: string,
  answer: ViesAnswer,
  act: TaxAct,
  random: () => number,
): Promise<void> {
  const whose = eq(customers.merchantId, merchantId);
  const [row] = await tx.select().from(customers).where(whose).for('no key update');
  // Another number came while VIES was asked: it has its own turn.
  if (row?.vatNumber !== number) return;
  const next =
    answer.verdict === 'unavailable'
      ? unanswered(row, answer.code, act.now, random)
      : answered(answer, act.now);
  await tx.update(customers).set(next).where(whose);
  if (answer.verdict !== 'unavailable') {
    const { verdict, consultationNumber, name, address, raw } = answer;
    const proof = { id: newId('vat'), merchantId, number, verdict, at: act.now };
    await tx.insert(vatProofs).values({ ...proof, consultationNumber, name, address, raw });
  } else {
    const wait = next.vatNextCheckAt.getTime() - act.now.getTime();
    await askToCheck(tx, merchantId, number, new Date(Date.now() + wait));
  }
  if (next.vatStatus === row.vatStatus) return;
  await askToWeigh(tx, merchantId);
  const { vatStatus, vatTrouble } = next;
  const after =
    answer.verdict === 'unavailable'
      ? { vatStatus, vatTrouble }
      : { vatStatus, vatConsultationNumber: answer.consultationNumber };
  await record(
    tx,
    act,
    'billing_details.vat_checked',
    { id: merchantId, merchantId },
    { before: { vatNumber: number, vatStatus: row.vatStatus }, after },
  );
}

const answered = (answer: Exclude<ViesAnswer, { verdict: 'unavailable' }>, now: Date) => ({
  vatStatus: answer.verdict,
  vatCheckedAt: now,
  vatConsultationNumber: answer.consultationNumber,
  vatProof: answer.raw,
  vatName: answer.name,
  vatAddress: answer.address,
  vatFailures: 0,
  vatTrouble: null,
  vatNextCheckAt: addDays(now, RECHECK_DAYS),
});

/** `unavailable` is the state of a number that was never answered for; a verdict stands. Pure. */
function unanswered(row: CustomerRow, code: string, now: Date, random: () => number) {
  const never = row.vatStatus === 'pending' || row.vatStatus === 'unavailable';
  return {
    vatStatus: never ? ('unavailable' as const) : row.vatStatus,
    vatFailures: row.vatFailures + 1,
    vatTrouble: code,
    vatNextCheckAt: new Date(now.getTime() + retryAfterMs(row.vatFailures, random)),
  };
}

/** Twice as long each time, from a minute to half a day, and up to half more or less so that not all come at once. Pure. */
export function retryAfterMs(failures: number, random: () => number): number {
  const base = Math.min(60_000 * 2 ** failures, DAY_MS / 2);
  return Math.round(base * (0.5 + random()));
}

const PAGE = 500;

/**
 * Asks for every check that is due: new numbers, tries that came to nothing, verdicts of 90 days, and those that would be
 * older than that at a renewal of the next two days. And for every customer at Stripe that is not as our rows want it
 * (another seller's country, Stripe Tax turned on) to be weighed. Safe to repeat: what is asked for twice is done once.
 */
export async function askForVatChecks(db: Db, act: TaxAct): Promise<{ checks: number; weighings: number }> {
  const done = { checks: 0, weighings: 0 };
  await hurryRenewals(db, act.now);
  for (let after = ''; ; ) {
    const rows = await db
      .select()
      .from(customers)
      .where(
        and(
          gt(customers.merchantId, after),
          isNull(customers.deletedAtStripe),
          or(isNotNull(customers.stripeCustomerId), isNotNull(customers.vatNumber)),
        ),
      )
      .orderBy(asc(customers.merchantId))
      .limit(PAGE);
    await db.transaction(async (tx) => {
      for (const row of rows) {
        if (row.vatNumber && row.vatNextCheckAt && row.vatNextCheckAt <= act.now) {
          await askToCheck(tx, row.merchantId, row.vatNumber);
          done.checks++;
        }
        if (!isWeighed(row, act)) {
          await askToWeigh(tx, row.merchantId);
          done.weighings++;
        }
      }
    });
    after = rows.at(-1)?.merchantId ?? after;
    if (rows.length < PAGE) return done;
  }
}

function isWeighed(row: CustomerRow, { tax }: TaxAct): boolean {
  const decision = decideTax(row, tax);
  const isWritten = row.treatment === decision.treatment && row.treatmentReason === decision.reason;
  return isWritten && (!row.stripeCustomerId || isAsWanted(row, wantedAtStripe(row, decision, tax)));
}

/** A verdict that will be too old when the next invoice is made is asked about before that. */
async function hurryRenewals(db: Db, now: Date): Promise<void> {
  const soon = addDays(now, 2).toISOString();
  const live = sql.join(
    LIVE.map((status) => sql`${status}`),
    sql`, `,
  );
  await db
    .update(customers)
    .set({ vatNextCheckAt: now })
    .where(
      and(
        isNotNull(customers.vatNumber),
        gt(customers.vatNextCheckAt, now),
        lte(customers.vatCheckedAt, addDays(now, 2 - RECHECK_DAYS)),
        sql`exists (select 1 from ${subscriptions} s where s.merchant_id = ${customers.merchantId}
          and s.stripe_subscription_id is not null and s.status in (${live})
          and s.current_period_end between ${now.toISOString()} and ${soon}
          and s.current_period_end - interval '90 days' >= ${customers.vatCheckedAt})`,
      ),
    );
}
