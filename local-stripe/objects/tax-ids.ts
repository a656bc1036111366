/**
 * Tax ids: verified later, not when made (stripe.md 37). https://docs.stripe.com/billing/customer/tax-ids
 */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { invalid, missing } from '../errors';
import { page } from '../http/list';
import { expand, filled, paging, parse } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import type { Customer, TaxId, Wire } from '../types';
import { getCustomer } from './customers';
import { strip } from './lookup';

const VERIFIED_TYPES = new Set(['eu_vat', 'gb_vat', 'au_abn', 'no_vat']);

export function createTaxId(app: App, customer: Customer, type: string, given: string): TaxId {
  const value = given.replace(/[\s.-]/g, '').toUpperCase();
  if (type === 'eu_vat' && !/^(EL|XI|[A-Z]{2})[0-9A-Z+*]{2,12}$/.test(value)) {
    throw invalid('Invalid value for eu_vat.', 'value', 'tax_id_invalid');
  }
  const existing = app.store
    .by('tax_ids', 'customer', customer.id)
    .find((one) => one.type === type && one.value === value);
  if (existing) return existing;
  const verifies = VERIFIED_TYPES.has(type);
  const prefix = /^[A-Z]{2}/.exec(value)?.[0] ?? null;
  const taxId: TaxId = {
    ...({
      id: app.ids.make('txi'),
      object: 'tax_id',
      country: type === 'eu_vat' ? (prefix === 'EL' ? 'GR' : prefix) : type.slice(0, 2).toUpperCase(),
      created: app.now,
      customer: customer.id,
      customer_account: null,
      livemode: false,
      owner: { customer: customer.id, customer_account: null, type: 'customer' },
      type: type as Stripe.TaxId.Type,
      value,
      verification: {
        status: verifies ? 'pending' : 'unavailable',
        verified_address: null,
        verified_name: null,
      },
    } satisfies Wire<Stripe.TaxId>),
    _: {
      verify_at: verifies ? app.now + app.settings.tax_id_seconds : null,
      test_clock: customer.test_clock,
    },
  };
  app.store.put('tax_ids', taxId);
  app.emit('customer.tax_id.created', app.view('tax_ids', taxId));
  return taxId;
}

/** The verdict of settings, else: looks like a number of its country (not all zeros) → verified. */
export function verifyTaxId(app: App, taxId: TaxId): void {
  const verdict =
    app.settings.tax_id_verdicts[taxId.value] ??
    (/^[A-Z]{2}0+$/.test(taxId.value) ? 'unverified' : 'verified');
  settleTaxId(app, taxId, verdict);
}

export function settleTaxId(
  app: App,
  taxId: TaxId,
  status: 'verified' | 'unverified' | 'unavailable' | 'pending',
): void {
  const customer = app.store.get('customers', taxId.customer);
  app.change('tax_ids', taxId, 'customer.tax_id.updated', (rec) => {
    rec._.verify_at = null;
    rec.verification = {
      status,
      verified_address: status === 'verified' ? (customer?.address?.line1 ?? '1 Test Street') : null,
      verified_name: status === 'verified' ? (customer?.name ?? 'TEST BUSINESS') : null,
    };
  });
}

function create(call: Call): object {
  const given = parse(
    z.strictObject({ type: filled, value: filled, owner: z.unknown().optional(), expand }),
    call.params,
  );
  const customer = getCustomer(call.app, id(call));
  return call.app.on(customer.test_clock, () =>
    strip(createTaxId(call.app, customer, given.type, given.value)),
  );
}

export function removeTaxId(app: App, taxId: TaxId): void {
  app.store.remove('tax_ids', taxId.id);
  app.emit('customer.tax_id.deleted', strip(taxId));
}

function find(call: Call): TaxId {
  const taxId = call.app.store.get('tax_ids', id(call, 1));
  if (!taxId || taxId.customer !== id(call)) throw missing('tax_id', id(call, 1));
  return taxId;
}

export const taxIdRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/customers/:id/tax_ids', handler: create },
  {
    method: 'GET',
    pattern: '/v1/customers/:id/tax_ids',
    handler: (call) => {
      const customer = getCustomer(call.app, id(call));
      const given = parse(z.strictObject(paging), call.params);
      return page(
        call.app.store.by('tax_ids', 'customer', customer.id),
        given,
        `/v1/customers/${customer.id}/tax_ids`,
        strip,
      );
    },
  },
  { method: 'GET', pattern: '/v1/customers/:id/tax_ids/:txi', handler: (call) => strip(find(call)) },
  {
    method: 'DELETE',
    pattern: '/v1/customers/:id/tax_ids/:txi',
    handler: (call) => {
      const taxId = find(call);
      removeTaxId(call.app, taxId);
      return { id: taxId.id, object: 'tax_id', deleted: true };
    },
  },
  {
    method: 'GET',
    pattern: '/v1/tax_ids/:id',
    handler: (call) => {
      const taxId = call.app.store.get('tax_ids', id(call));
      if (!taxId) throw missing('tax_id', id(call));
      return strip(taxId);
    },
  },
];
