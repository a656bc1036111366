/** Kinds of payment methods. https://docs.stripe.com/payments/payment-methods/payment-method-support */
import type { App } from '../app';
import { malformed } from '../errors';

/** stripe 23.1.0, esm/resources/Checkout/Sessions.d.ts (AllowedPaymentMethodType). */
const TYPES = new Set(
  (
    'acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie bizum ' +
    'blik boleto card cashapp crypto customer_balance eps fpx giropay grabpay ideal kakao_pay klarna konbini ' +
    'kr_card link mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24 pay_by_bank payco paynow paypal ' +
    'paypay payto pix promptpay revolut_pay samsung_pay satispay scalapay sepa_debit sequra sofort sunbit swish ' +
    'twint upi us_bank_account wechat_pay zip'
  ).split(' '),
);
/** Debits and instalments that only work in euro here. */
const EURO_ONLY = new Set(['sepa_debit', 'klarna', 'bancontact', 'ideal', 'eps']);

/** The configuration that dynamic methods come from. https://docs.stripe.com/api/payment_method_configurations */
export const CONFIGURATION = { id: 'pmc_1TierlineLocal000', parent: null };

export function refuseUnknownMethods(given: string[] | undefined, param: string): void {
  const odd = given?.findIndex((type) => !TYPES.has(type)) ?? -1;
  if (given && odd >= 0)
    throw malformed(`There is no payment method type '${given[odd]}'.`, `${param}[${odd}]`);
}

/**
 * What the page offers: the methods that are named, else all that the account has on, for subscriptions too (stripe.md D37, F9).
 * https://docs.stripe.com/payments/payment-methods/dynamic-payment-methods
 */
export function offered(app: App, named: string[] | undefined, currency: string | null): string[] {
  return (named ?? app.settings.payment_methods).filter((type) => currency === 'eur' || !EURO_ONLY.has(type));
}
