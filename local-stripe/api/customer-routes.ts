/** The API of customers. https://docs.stripe.com/api/customers */
import { z } from 'zod';
import type { App } from '../app';
import { cardError, invalid } from '../errors';
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
  parse,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { fullAddress, newCustomer } from '../records/customers';
import { attach, resolvePaymentMethod } from '../records/payment-methods';
import { refuses } from '../records/payments';
import { strip } from '../records/strip';
import { endNow } from '../records/subscriptions';
import { createTaxId } from '../records/tax-ids';
import type { Customer } from '../types';
import { deleted, list, update } from './crud';

const shipping = z.strictObject({ address, name: text, phone: text.optional() });
const fields = {
  address: clearable(address).optional(),
  balance: int.optional(),
  business_name: clearable(text).optional(),
  individual_name: clearable(text).optional(),
  description: text.optional(),
  email: text.optional(),
  name: text.optional(),
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
  tax: z.strictObject({ ip_address: text.optional(), validate_location: text.optional() }).optional(),
  tax_exempt: clearable(z.enum(['none', 'exempt', 'reverse'])).optional(),
  cash_balance: ignored,
  source: ignored,
  expand,
};
const createParams = z.strictObject({
  ...fields,
  payment_method: filled.optional(),
  tax_id_data: z.array(z.strictObject({ type: filled, value: filled })).optional(),
  test_clock: filled.optional(),
  validate: ignored,
});
const updateParams = z.strictObject({ ...fields, default_source: ignored, validate: bool.optional() });
type CustomerFields = z.output<typeof updateParams>;

function apply(app: App, customer: Customer, given: CustomerFields): void {
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

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  if (given.test_clock) app.need('test_clocks', given.test_clock, 'test_clock');
  return app.on(given.test_clock, () => {
    const customer = newCustomer(app, { test_clock: given.test_clock ?? null });
    const { payment_method, tax_id_data, test_clock: _clock, validate: _validate, ...rest } = given;
    const method = payment_method ? resolvePaymentMethod(app, payment_method, null) : null;
    const decline = method && refuses(method);
    if (decline) throw cardError(decline); // no customer comes of it
    const settings = rest.invoice_settings;
    const usesMethod = method && settings?.default_payment_method === payment_method;
    apply(
      app,
      customer,
      usesMethod ? { ...rest, invoice_settings: { ...settings, default_payment_method: undefined } } : rest,
    );
    app.store.put('customers', customer);
    if (usesMethod) customer.invoice_settings.default_payment_method = method.id;
    app.emit('customer.created', app.view('customers', customer));
    if (method) attach(app, method, customer);
    for (const data of tax_id_data ?? []) createTaxId(app, customer, data.type, data.value);
    return strip(customer);
  });
}

function retrieve(call: Call): object {
  const { app } = call;
  if (app.store.meta.counters[`deleted:${id(call)}`])
    return { id: id(call), object: 'customer', deleted: true };
  return strip(app.need('customers', id(call)));
}

/** The whole old customer goes out; its subscriptions' deleted events come on their own (stripe.md 35). */
function remove(call: Call): object {
  const { app } = call;
  const customer = app.need('customers', id(call));
  app.on(customer.test_clock, () => {
    for (const sub of app.store.by('subscriptions', 'customer', customer.id))
      endNow(app, sub, 'cancellation_requested');
    for (const taxId of app.store.by('tax_ids', 'customer', customer.id)) {
      app.emit('customer.tax_id.deleted', app.view('tax_ids', taxId));
      app.store.remove('tax_ids', taxId.id);
    }
    app.emit('customer.deleted', app.view('customers', customer));
    app.store.remove('customers', customer.id);
    app.store.next(`deleted:${customer.id}`);
  });
  return deleted(customer);
}

export const customerRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/customers', handler: create },
  list('/v1/customers', 'customers', {
    params: { email: filled, created: range, test_clock: filled },
    same: ['email'],
    where: (customer, given) => customer.test_clock === (given.test_clock ?? null),
  }),
  { method: 'GET', pattern: '/v1/customers/:id', handler: retrieve },
  update('/v1/customers/:id', 'customers', 'customer.updated', updateParams, (customer, given, app) => {
    const copy = structuredClone(customer);
    apply(app, copy, given); // refusals leave the record alone
    Object.assign(customer, copy);
  }),
  { method: 'DELETE', pattern: '/v1/customers/:id', handler: remove },
];
