/** Currencies and the amounts that can be charged in them. https://docs.stripe.com/currencies */
import { malformed } from '../errors';

/** What Stripe says it has when it is asked for another (stripe.md D29; the list of its refusal in 2024-10). */
const CURRENCIES = new Set(
  (
    'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn bzd cad cdf ' +
    'chf clp cny cop crc cve czk djf dkk dop dzd eek egp etb eur fjd fkp gbp gel ghs gip gmd gnf gtq gyd hkd hnl ' +
    'hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl ltl lvl mad mdl ' +
    'mga mkd mmk mnt mop mro mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ' +
    'ron rsd rub rwf sar sbd scr sek sgd shp sle sll sos srd std svc szl thb tjs tnd top try ttd twd tzs uah ugx ' +
    'usd usdc uyu uzs vef vnd vuv wst xaf xcd xof xpf yer zar zmw'
  ).split(' '),
);
/** Least charge, in minor units (stripe.md D32). https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const LEAST: Record<string, number> = {
  usd: 50,
  aed: 200,
  ars: 50,
  aud: 50,
  brl: 50,
  cad: 50,
  chf: 50,
  cop: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  idr: 50,
  ils: 50,
  inr: 50,
  jpy: 50,
  krw: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  php: 50,
  pln: 200,
  ron: 200,
  rub: 50,
  sek: 300,
  sgd: 50,
  thb: 1000,
  zar: 50,
};
const MOST = 99_999_999;
const THREE_DECIMALS = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd']);
/** Written with two decimals that must be zeros. */
const WHOLE = new Set(['isk', 'ugx']);

/** Lower case, or a refusal (stripe.md D29). */
export function currencyGiven(given: string, param = 'currency'): string {
  const currency = given.toLowerCase();
  if (CURRENCIES.has(currency)) return currency;
  throw malformed(`Stripe has no currency '${given}'.`, param);
}

/** stripe.md D28. `amount` in minor units, possibly with a fraction. */
export function refuseAmount(amount: number, currency: string, param: string): void {
  if (amount > MOST) throw malformed(`${param} can be ${MOST} at most.`, param, 'amount_too_large');
  const step = THREE_DECIMALS.has(currency) ? 10 : WHOLE.has(currency) ? 100 : null;
  if (step !== null && amount % step !== 0) {
    throw malformed(
      `An amount in ${currency} must be a multiple of ${step}.`,
      param,
      'parameter_invalid_integer',
    );
  }
}

export function leastCharge(currency: string): number {
  return LEAST[currency] ?? 1;
}
