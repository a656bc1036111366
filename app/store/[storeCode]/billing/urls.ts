import { env } from '@/lib/env';

/** Where Stripe sends the person back to. */
export function billingUrl(storeCode: string, path = ''): string {
  return `${env().APP_URL}/store/${encodeURIComponent(storeCode)}/billing${path}`;
}

/** The return addresses of a checkout, as Stripe wants them. */
export function checkoutUrls(storeCode: string) {
  return {
    success: billingUrl(storeCode, '/checkout/success?session_id={CHECKOUT_SESSION_ID}'),
    cancel: billingUrl(storeCode, '/checkout/cancelled'),
  };
}
