/**
 * Tax ids: verified later, not when made (stripe.md 37). https://docs.stripe.com/billing/customer/tax-ids
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import { invalid, malformed } from '../errors';
import type { Customer, TaxId, Wire } from '../types';
import { strip } from './strip';
import { isVatForm, TAX_ID_TYPES } from './vat-forms';

const VERIFIED_TYPES = new Set(['eu_vat', 'gb_vat', 'au_abn', 'no_vat']);

/** As it is kept, or a refusal: an unknown type, an `eu_vat` that has not its country's form (stripe.md D15). */
export function readTaxId(type: string, given: string, param = 'value'): string {
  if (!TAX_ID_TYPES.has(type))
    throw malformed(`There is no tax id type '${type}'.`, param.replace('value', 'type'));
  const value = given.replace(/[\s.-]/g, '').toUpperCase();
  if (type === 'eu_vat' && !isVatForm(value)) {
    throw invalid(`'${given}' has not the form of a VAT number of its country.`, param, 'tax_id_invalid');
  }
  return value;
}

export function createTaxId(app: App, customer: Customer, type: string, given: string): TaxId {
  const value = readTaxId(type, given);
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

export function removeTaxId(app: App, taxId: TaxId): void {
  app.store.remove('tax_ids', taxId.id);
  app.emit('customer.tax_id.deleted', strip(taxId));
}
