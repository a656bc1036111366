import type { customers, KeptTaxId } from '@/db/schema';
import type { TaxIdSnapshot } from '@/lib/stripe/customer-snapshot';
import { normaliseVatNumber } from '@/lib/vat/number';

type Row = typeof customers.$inferSelect;

/** In the place of its id: a number that we are giving Stripe, whose answer has yet to come. It is no news when it shows. */
export const GIVEN = 'given';
export const isGiven = (taxIds: KeptTaxId[], value: string): boolean =>
  taxIds.some((one) => one.id === GIVEN && one.value === value);

/** What is forgotten with a number, and when the next one is asked about. */
export const newNumber = (number: string | null, typed: string | null, now: Date) => ({
  vatNumber: number,
  vatTyped: typed,
  vatStatus: number ? ('pending' as const) : ('none' as const),
  vatCheckedAt: null,
  vatConsultationNumber: null,
  vatProof: null,
  vatName: null,
  vatAddress: null,
  vatFailures: 0,
  vatTrouble: null,
  vatNextCheckAt: number ? now : null,
});

/**
 * What Stripe's tax ids say of a row. A number of the EU that we have not seen there and do not hold is news: it becomes the
 * merchant's, to be checked. Ours that is gone, and not by us, was taken away by somebody. What is of another kind (`ch_vat`,
 * `gb_vat`, …) is kept as it is. Stripe's own verification is not asked: VIES is. Pure.
 */
export function readTaxIds(
  taxIds: TaxIdSnapshot[],
  row: Pick<Row, 'taxIds' | 'stripeTaxId' | 'vatNumber'> | undefined,
  now: Date,
) {
  const given = (row?.taxIds ?? []).filter(({ id }) => id === GIVEN);
  const known = new Map((row?.taxIds ?? []).map((one) => [one.id, one]));
  const kept = taxIds.map(({ id, type, value }): KeptTaxId => {
    const leaving = known.get(id)?.leaving;
    return { id, type, value, ...(leaving ? { leaving } : {}) };
  });
  const numbers = kept.filter(({ type, leaving }) => type === 'eu_vat' && !leaving);
  const news = numbers.find(
    ({ id, value }) =>
      !known.has(id) && id !== row?.stripeTaxId && !isSame(value, row?.vatNumber) && !isGiven(given, value),
  );
  kept.push(...given.filter(({ value }) => !numbers.some((one) => one.value === value)));
  if (news) {
    const number = normaliseVatNumber(news.value);
    return { taxIds: kept, stripeTaxId: news.id, ...newNumber(number, news.value, now) };
  }
  const ours = numbers.find(({ value }) => isSame(value, row?.vatNumber));
  const lost = row?.stripeTaxId && !ours && !known.get(row.stripeTaxId)?.leaving;
  return {
    taxIds: kept,
    stripeTaxId: ours?.id ?? null,
    ...(lost ? newNumber(null, null, now) : {}),
  };
}

const isSame = (value: string, number: string | null | undefined): boolean =>
  number != null && normaliseVatNumber(value) === number;
