/** Keys: which one is shown, and what a restricted one may do. https://docs.stripe.com/keys, https://docs.stripe.com/keys/restricted-api-keys */
import type { App } from '../app';
import { StripeError } from '../errors';
import type { Found } from '../http/router';
import { LIVE_KEY, RESTRICTED_KEY, SECRET_KEY } from '../version';

export type Mode = 'secret' | 'restricted' | 'live';

const MODES: Record<string, Mode> = {
  [SECRET_KEY]: 'secret',
  [RESTRICTED_KEY]: 'restricted',
  [LIVE_KEY]: 'live',
};

/** A 401 has no request id, no version and no code; it asks for a bearer (recorded answers, stripe.md G3). */
export function authorize(header: string | undefined): Mode {
  const bearer = /^Bearer (.*)$/.exec(header ?? '')?.[1];
  const basic = /^Basic (.*)$/.exec(header ?? '')?.[1];
  const key = bearer ?? (basic ? Buffer.from(basic, 'base64').toString().split(':')[0] : undefined);
  const mode = key === undefined ? undefined : MODES[key];
  if (mode) return mode;
  throw new StripeError(
    401,
    {
      type: 'invalid_request_error',
      message: key
        ? `Invalid API Key provided: ${key.slice(0, 8)}****`
        : 'You did not provide an API key. You need to provide your API key in the Authorization header.',
    },
    false,
    { 'www-authenticate': 'Bearer realm="Stripe"' },
  );
}

/** The words of Stripe's permissions, by the first segment of the path that has one; prices are still plans there. */
const NAMES: Record<string, string> = {
  customers: 'customer',
  subscriptions: 'subscription',
  subscription_items: 'subscription',
  subscription_schedules: 'subscription',
  invoices: 'invoice',
  invoiceitems: 'invoice',
  invoice_payments: 'invoice',
  credit_notes: 'credit_note',
  prices: 'plan',
  products: 'product',
  coupons: 'coupon',
  promotion_codes: 'promotion_code',
  charges: 'charge',
  refunds: 'refund',
  disputes: 'dispute',
  payment_intents: 'payment_intent',
  setup_intents: 'setup_intent',
  payment_methods: 'payment_method',
  checkout: 'checkout_session',
  billing_portal: 'customer_portal',
  events: 'event',
  webhook_endpoints: 'webhook',
  balance: 'balance',
  balance_transactions: 'balance_transaction_source',
  account: 'connected_account',
  tax: 'tax_settings',
  tax_rates: 'tax_rate',
  test_helpers: 'billing_clock',
};

/** stripe.md D10: 403 with the permission's name, before any parameter is looked at. */
export function permit(app: App, found: Found): void {
  const noun = NAMES[found.pattern.split('/')[2] ?? ''] ?? 'unknown';
  const allowed = new Set(app.settings.restricted_key);
  const right = found.method === 'GET' ? 'read' : 'write';
  if (allowed.has(`rak_${noun}_write`) || allowed.has(`rak_${noun}_${right}`)) return;
  throw new StripeError(
    403,
    {
      type: 'invalid_request_error',
      message: `The key '${RESTRICTED_KEY.slice(0, 8)}****' lacks a permission for this endpoint: 'rak_${noun}_${right}' would allow the request.`,
    },
    false,
  );
}
