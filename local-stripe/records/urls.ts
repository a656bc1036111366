/** Addresses that Stripe sends people or events to. https://docs.stripe.com/security */
import type { App } from '../app';
import { malformed } from '../errors';

/** With a live key they must be https (stripe.md D8). */
export function refuseInsecure(app: App, given: Partial<Record<string, string | undefined>>): void {
  for (const [param, url] of Object.entries(given)) {
    if (app.live && url !== undefined && !/^https:/i.test(url)) {
      throw malformed(`With a live key ${param} must be an https address.`, param, 'url_invalid');
    }
  }
}
