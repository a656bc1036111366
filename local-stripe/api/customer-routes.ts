/** The API of customers. https://docs.stripe.com/api/customers */
import type Stripe from 'stripe';
import { cardError, invalid, malformed, missing } from '../errors';
import { filled, parse, range } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { takeDiscount } from '../records/customer-discount';
import { isDeleted, newCustomer } from '../records/customers';
import { attach, resolvePaymentMethod } from '../records/payment-methods';
import { refuses } from '../records/payments';
import { strip } from '../records/strip';
import { endNow } from '../records/subscriptions';
import { createTaxId, readTaxId } from '../records/tax-ids';
import type { Wire } from '../types';
import { deleted, list, update } from './crud';
import { applyFields, customerCreate, customerUpdate, refusePlace } from './customer-fields';

function create({ app, params }: Call): object {
  const given = parse(customerCreate, params);
  for (const [at, data] of (given.tax_id_data ?? []).entries())
    readTaxId(data.type, data.value, `tax_id_data[${at}][value]`);
  if (given.test_clock) {
    app.need('test_clocks', given.test_clock, 'test_clock');
    const there = [...app.store.all('customers')].filter((one) => one.test_clock === given.test_clock);
    if (there.length >= 3) throw invalid('A test clock can have 3 customers.', 'test_clock'); // stripe.md F6
  }
  return app.on(given.test_clock, () => {
    const customer = newCustomer(app, { test_clock: given.test_clock ?? null });
    const { payment_method, tax_id_data, test_clock: _clock, validate: _validate, ...rest } = given;
    const method = payment_method ? resolvePaymentMethod(app, payment_method, null) : null;
    const decline = method && refuses(method);
    if (decline) throw cardError(decline); // no customer comes of it
    const settings = rest.invoice_settings;
    const usesMethod = method && settings?.default_payment_method === payment_method;
    applyFields(
      app,
      customer,
      usesMethod ? { ...rest, invoice_settings: { ...settings, default_payment_method: undefined } } : rest,
    );
    refusePlace(app, customer, given.tax?.validate_location ?? 'deferred', true);
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
  if (
    isDeleted(app, id(call)) &&
    call.params.expand !== undefined &&
    app.settings.deleted_customer_expand === 'refused'
  ) {
    throw malformed('This property cannot be expanded: the customer is deleted.', 'expand');
  }
  if (isDeleted(app, id(call))) return { id: id(call), object: 'customer', deleted: true };
  return strip(app.need('customers', id(call)));
}

/** The whole old customer goes out; its subscriptions' deleted events come on their own (stripe.md 35). */
function remove(call: Call): object {
  const { app } = call;
  const customer = app.need('customers', id(call));
  app.on(customer.test_clock, () => {
    for (const sub of app.store.by('subscriptions', 'customer', customer.id))
      endNow(app, sub, 'cancellation_requested', { atOnce: true });
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

const change = update(
  '/v1/customers/:id',
  'customers',
  'customer.updated',
  customerUpdate,
  (customer, given, app) => {
    applyFields(app, customer, given);
    const moves = given.address !== undefined || given.shipping !== undefined;
    refusePlace(app, customer, given.tax?.validate_location ?? 'auto', moves);
  },
);

/** An unknown one is 404, a deleted one 400 (stripe.md F11). */
function changeUnlessDeleted(call: Call): object {
  if (isDeleted(call.app, id(call))) throw missing('customer', id(call), 'customer');
  return change.handler(call);
}

/** Answers it as a deleted object, which has no `end` (the declarations at `DeletedDiscount`). Of none what is said is not known. */
function removeDiscount(call: Call): object {
  const { app } = call;
  const customer = app.need('customers', id(call));
  const discount = app.on(customer.test_clock, () => takeDiscount(app, customer));
  if (!discount) throw missing('discount', customer.id);
  const { end: _end, ...rest } = discount;
  return { ...rest, deleted: true } satisfies Wire<Stripe.DeletedDiscount>;
}

export const customerRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/customers', handler: create },
  list('/v1/customers', 'customers', {
    params: { email: filled, created: range, test_clock: filled },
    same: ['email'],
    where: (customer, given) => customer.test_clock === (given.test_clock ?? null),
  }),
  { method: 'GET', pattern: '/v1/customers/:id', handler: retrieve },
  { ...change, handler: changeUnlessDeleted },
  { method: 'DELETE', pattern: '/v1/customers/:id', handler: remove },
  { method: 'DELETE', pattern: '/v1/customers/:id/discount', handler: removeDiscount },
];
