import { z } from '@hono/zod-openapi';
import { billingDetailsInput, updateBillingDetails } from '@/lib/billing/customers/billing-details';
import { getCustomer } from '@/lib/billing/customers/customers';
import type { CustomerRow } from '@/lib/billing/customers/stripe-details';
import { decideTax, exemptionOf, otherTaxIds, taxRules } from '@/lib/billing/customers/tax';
import { toSnake } from '@/lib/dialect';
import { findStripe } from '@/lib/stripe/client';
import { input, instant, routesOf, storeQuery } from './contract';
import { asStore } from './guards';
import type { Resource } from './resource';

const route = routesOf('Store billing');

const detailsShape = z
  .object({
    name: z.string(),
    email: z.string(),
    address: z.object({
      line1: z.string(),
      line2: z.string(),
      postal_code: z.string(),
      city: z.string(),
      state: z.string(),
      country: z.string(),
    }),
    vat_number: z.string().nullable(),
    vat_status: z.enum(['none', 'pending', 'valid', 'invalid', 'unavailable']),
    vat_checked_at: instant.nullable(),
    vat_consultation_number: z.string().nullable(),
    other_tax_ids: z.array(z.object({ type: z.string(), value: z.string() })),
    /** Our treatment, whatever stands at Stripe. */
    tax_exempt: z.enum(['none', 'reverse', 'exempt']),
  })
  .openapi('BillingDetails');

function present(row: CustomerRow): z.infer<typeof detailsShape> {
  const { name, email, line1, line2, postalCode, city, state, country } = row;
  const { vatNumber, vatStatus, vatCheckedAt, vatConsultationNumber } = row;
  const address = { line1, line2, postalCode, city, state, country };
  const vat = { vatNumber, vatStatus, vatCheckedAt, vatConsultationNumber };
  const taxExempt = exemptionOf(decideTax(row, taxRules()).treatment);
  return toSnake({ name, email, address, ...vat, otherTaxIds: otherTaxIds(row), taxExempt });
}

const getDetails = route('get', '/store/billing/billing-details', {
  summary: 'Whom the invoices are made out to',
  by: asStore('read'),
  request: { query: storeQuery },
  200: [detailsShape, 'Name, address and VAT state'],
});

const putDetails = route('put', '/store/billing/billing-details', {
  summary: 'Change them; what is not named stays',
  by: asStore('write'),
  request: { query: storeQuery, body: input(billingDetailsInput) },
  200: [detailsShape, 'As they are now'],
});

export const storeDetails: Resource = (api) => {
  api.openapi(getDetails, async (c) => {
    return c.json(present(await getCustomer(c.env.db, c.var.store.merchantId)), 200);
  });

  api.openapi(putDetails, async (c) => {
    const row = await updateBillingDetails(c.env.db, findStripe(), {
      tax: taxRules(),
      merchantId: c.var.store.merchantId,
      details: c.req.valid('json'),
      actor: c.var.caller.actor,
      now: await c.env.now(),
    });
    return c.json(present(row), 200);
  });
};
