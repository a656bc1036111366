import type { Account } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import { taxRules } from '@/lib/billing/customers/tax';
import type { CheckoutRequest } from '@/lib/billing/subscriptions/checkout-slot';
import { env } from '@/lib/env';

/** Where Stripe sends the person back to. */
export function billingUrl(storeCode: string, path = '', appUrl = env().APP_URL): string {
  return `${appUrl}/store/${encodeURIComponent(storeCode)}/billing${path}`;
}

/** What every checkout of a store has in common, from its page or from the API. */
export function checkoutRequest(
  {
    account,
    store,
    actor,
    now,
  }: { account: Account; store: { id: string; code: string }; actor: Actor; now: Date },
  appUrl = env().APP_URL,
): CheckoutRequest & { storeId: string } {
  const url = (path: string) => billingUrl(store.code, `/checkout/${path}`, appUrl);
  return {
    account,
    storeId: store.id,
    urls: { success: url('success?session_id={CHECKOUT_SESSION_ID}'), cancel: url('cancelled') },
    tax: taxRules(),
    methods: env().STRIPE_METHODS,
    actor,
    now,
  };
}
