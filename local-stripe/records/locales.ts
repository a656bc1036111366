/**
 * The languages of hosted pages: any other is refused by name (stripe.md D66; stripe 23.1.0, esm/resources/Checkout/Sessions.d.ts
 * and BillingPortal/Sessions.d.ts). What a customer prefers (`preferred_locales`) has no list in the declarations, nor on a page.
 */
import { z } from 'zod';

const EVERYWHERE =
  'auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv ' +
  'th tr vi zh zh-HK zh-TW';

export const checkoutLocale = z.enum(`${EVERYWHERE} hi-IN`.split(' '));
export const portalLocale = z.enum(`${EVERYWHERE} en-AU en-CA en-IE en-IN en-NZ en-SG`.split(' '));
