import { countryOfNumber, MEMBER_STATES } from './number';

/** What VIES said of a number last, or that it has yet to say something; `none` without a number. */
export type VatStatus = 'none' | 'pending' | 'valid' | 'invalid' | 'unavailable';

/**
 * `charge` VAT of the customer's country, `domestic` that of the seller's, `reverse` none: the customer accounts for it,
 * `outside` none: the EU's rules end at its border, `exempt` none: somebody said so at Stripe.
 */
export type Treatment = 'charge' | 'domestic' | 'reverse' | 'outside' | 'exempt';

/** Why, as a code; its words are in the messages under `billing.tax.reasons`. */
export type TreatmentReason =
  | 'exempt'
  | 'no_country'
  | 'outside_eu'
  | 'same_country'
  | 'no_number'
  | 'other_country'
  | 'number_pending'
  | 'number_invalid'
  | 'number_unavailable'
  | 'reverse_charge';

export type Decision = {
  treatment: Treatment;
  reason: TreatmentReason;
  /** Whether the number may stand on Stripe's customer: Stripe Tax exempts any of the right form (stripe.md 48). */
  stands: boolean;
};

/** The country whose VAT is due there: Monaco is treated as France (Article 7 of Directive 2006/112/EC). Pure. */
export const forVat = (country: string): string => (country === 'MC' ? 'FR' : country);

/**
 * How a customer is taxed. A service to a business in another member state is taxed where that is, and owed by it, if its
 * number is valid there (Articles 44 and 196 of Directive 2006/112/EC); everybody else in the EU is charged. A number of
 * another kind than a member state's, and one of another country than the customer's, changes nothing. Pure and total.
 */
export function taxTreatment(
  seller: { country: string },
  customer: { country: string; isExempt: boolean },
  number: string | null,
  verdict: VatStatus,
): Decision {
  const [home, there] = [forVat(seller.country), forVat(customer.country)];
  const from = number && countryOfNumber(number);
  const decide = (treatment: Treatment, reason: TreatmentReason): Decision => ({
    treatment,
    reason,
    stands: from === there && (treatment === 'reverse' || treatment === 'domestic'),
  });
  if (customer.isExempt) return decide('exempt', 'exempt');
  if (!there) return decide('charge', 'no_country');
  if (there === home) return decide('domestic', 'same_country');
  if (!MEMBER_STATES.includes(there)) return decide('outside', 'outside_eu');
  if (!from || verdict === 'none') return decide('charge', 'no_number');
  if (from !== there) return decide('charge', 'other_country');
  if (verdict !== 'valid') return decide('charge', `number_${verdict}`);
  return decide('reverse', 'reverse_charge');
}
