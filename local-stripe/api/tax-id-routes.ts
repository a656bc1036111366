/** The API of tax ids. https://docs.stripe.com/api/tax_ids */
import { z } from 'zod';
import { missing } from '../errors';
import { expand, filled, parse } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { strip } from '../records/strip';
import { createTaxId, removeTaxId } from '../records/tax-ids';
import type { TaxId } from '../types';
import { deleted, nested } from './crud';

function create(call: Call): object {
  const given = parse(
    z.strictObject({ type: filled, value: filled, owner: z.unknown().optional(), expand }),
    call.params,
  );
  const customer = call.app.need('customers', id(call));
  return call.app.on(customer.test_clock, () =>
    strip(createTaxId(call.app, customer, given.type, given.value)),
  );
}

function find(call: Call): TaxId {
  const taxId = call.app.store.get('tax_ids', id(call, 1));
  if (!taxId || taxId.customer !== id(call)) throw missing('tax_id', id(call, 1));
  return taxId;
}

export const taxIdRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/customers/:id/tax_ids', handler: create },
  nested('/v1/customers/:id/tax_ids', (call) =>
    call.app.store.by('tax_ids', 'customer', call.app.need('customers', id(call)).id),
  ),
  { method: 'GET', pattern: '/v1/customers/:id/tax_ids/:txi', handler: (call) => strip(find(call)) },
  {
    method: 'DELETE',
    pattern: '/v1/customers/:id/tax_ids/:txi',
    handler: (call) => {
      const taxId = find(call);
      removeTaxId(call.app, taxId);
      return deleted(taxId);
    },
  },
];
