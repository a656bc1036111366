/** Where Stripe Tax can place a customer. https://docs.stripe.com/tax/customer-locations */
import { invalid, type StripeError } from '../errors';
import type { Address, Customer } from '../types';

/** ISO 3166-1: "UK" and "EU" are none. */
const COUNTRIES = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD ' +
    'CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF ' +
    'GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN ' +
    'KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA ' +
    'NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI ' +
    'SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI ' +
    'VN VU WF WS XK YE YT ZA ZM ZW'
  ).split(' '),
);

/** The shipping address if there is one, else the billing address; what is there but not good enough is not passed over. */
export function taxAddress(customer: Pick<Customer, 'address' | 'shipping'>): Address | null {
  return (customer.shipping?.address as Address | undefined) ?? customer.address ?? null;
}

/** Precise enough to calculate tax (stripe.md D12): in the US a state alone is not, in Canada the province is. */
export function canPlace(address: Address | null): boolean {
  if (!address?.country || !COUNTRIES.has(address.country)) return false;
  if (address.country === 'US') return /^\d{5}(-\d{4})?$/.test(address.postal_code ?? '');
  if (address.country === 'CA') return Boolean(address.postal_code || address.state);
  return true;
}

export function unplaceable(param: string): StripeError {
  return invalid(
    "Tax cannot be calculated at the customer's location. It takes a country as ISO 3166 knows it, and in some countries a postal code or state.",
    param,
    'customer_tax_location_invalid',
  );
}
