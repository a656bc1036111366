/** What a customer may be given. https://docs.stripe.com/api/customers/create */
import { z } from 'zod';
import type { App } from '../app';
import { invalid } from '../errors';
import {
  address,
  bool,
  clearable,
  expand,
  filled,
  ignored,
  int,
  mergeMetadata,
  metadata,
  text,
  upTo,
} from '../http/params';
import { fullAddress } from '../records/customers';
import { resolvePaymentMethod } from '../records/payment-methods';
import { canPlace, taxAddress, unplaceable } from '../records/places';
import { isTaxed } from '../records/tax-refusals';
import type { Customer } from '../types';

const shipping = z.strictObject({ address, name: text, phone: text.optional() });
const fields = {
  address: clearable(address).optional(),
  balance: int.optional(),
  business_name: clearable(upTo(150)).optional(),
  individual_name: clearable(upTo(150)).optional(),
  description: text.optional(),
  email: upTo(512).optional(),
  name: upTo(256).optional(),
  phone: text.optional(),
  metadata: metadata.optional(),
  invoice_prefix: text.optional(),
  next_invoice_sequence: int.optional(),
  invoice_settings: z
    .strictObject({
      custom_fields: clearable(z.array(z.strictObject({ name: text, value: text }))).optional(),
      default_payment_method: text.optional(),
      footer: text.optional(),
      rendering_options: clearable(
        z.strictObject({ amount_tax_display: text.optional(), template: text.optional() }),
      ).optional(),
    })
    .optional(),
  preferred_locales: clearable(z.array(text)).optional(),
  shipping: clearable(shipping).optional(),
  tax_exempt: clearable(z.enum(['none', 'exempt', 'reverse'])).optional(),
  cash_balance: ignored,
  source: ignored,
  expand,
};
const locating = <T extends string>(when: readonly T[]) =>
  z.strictObject({ ip_address: text.optional(), validate_location: z.enum(when).optional() }).optional();
export const customerCreate = z.strictObject({
  ...fields,
  tax: locating(['deferred', 'immediately']),
  payment_method: filled.optional(),
  tax_id_data: z.array(z.strictObject({ type: filled, value: filled })).optional(),
  test_clock: filled.optional(),
  validate: ignored,
});
export const customerUpdate = z.strictObject({
  ...fields,
  tax: locating(['auto', 'deferred', 'immediately']),
  default_source: ignored,
  validate: bool.optional(),
});
type CustomerFields = z.output<typeof customerUpdate>;

/**
 * `validate_location`: `immediately` checks any customer (stripe.md D13); `auto`, the default of an update, those for whom a
 * subscription with automatic tax runs (stripe.md D12; not known for certain, hence the setting); `deferred` none. Without tax
 * any text is stored as a country (stripe.md D14). https://docs.stripe.com/api/customers/update (tax.validate_location)
 */
export function refusePlace(
  app: App,
  customer: Customer,
  when: 'auto' | 'deferred' | 'immediately',
  moves: boolean,
): void {
  const looked =
    when === 'immediately' ||
    (when === 'auto' && moves && app.settings.unplaceable_address === 'refused' && isTaxed(app, customer));
  if (looked && !canPlace(taxAddress(customer))) throw unplaceable('address');
}

/** Writes what was given onto the record; throws before anything is kept. */
export function applyFields(app: App, customer: Customer, given: CustomerFields): void {
  if (given.email && !/^[^\s@]+@[^\s@]+$/.test(given.email)) {
    throw invalid(`Invalid email address: ${given.email}`, 'email', 'email_invalid');
  }
  if (given.address !== undefined) customer.address = given.address && fullAddress(given.address);
  for (const key of ['description', 'email', 'name', 'phone'] as const) {
    if (given[key] !== undefined) customer[key] = given[key] || null;
  }
  if (given.business_name !== undefined) customer.business_name = given.business_name ?? undefined;
  if (given.individual_name !== undefined) customer.individual_name = given.individual_name ?? undefined;
  if (given.metadata !== undefined) customer.metadata = mergeMetadata(customer.metadata, given.metadata);
  if (given.balance !== undefined) customer.balance = given.balance;
  if (given.invoice_prefix) customer.invoice_prefix = given.invoice_prefix;
  if (given.next_invoice_sequence) customer.next_invoice_sequence = given.next_invoice_sequence;
  if (given.tax_exempt !== undefined) customer.tax_exempt = given.tax_exempt ?? 'none';
  if (given.preferred_locales !== undefined) customer.preferred_locales = given.preferred_locales ?? [];
  if (given.shipping !== undefined) {
    customer.shipping = given.shipping && {
      address: fullAddress(given.shipping.address),
      name: given.shipping.name,
      phone: given.shipping.phone ?? null,
    };
  }
  if (given.invoice_settings) {
    const {
      default_payment_method: method,
      footer,
      custom_fields,
      rendering_options,
    } = given.invoice_settings;
    const settings = { ...customer.invoice_settings };
    if (method !== undefined)
      settings.default_payment_method =
        method === '' ? null : resolvePaymentMethod(app, method, customer.id).id;
    if (footer !== undefined) settings.footer = footer || null;
    if (custom_fields !== undefined) settings.custom_fields = custom_fields;
    if (rendering_options !== undefined) {
      settings.rendering_options = rendering_options && {
        amount_tax_display: rendering_options.amount_tax_display || null,
        template: rendering_options.template || null,
      };
    }
    customer.invoice_settings = settings;
  }
}
