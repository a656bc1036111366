import { z } from 'zod';

const taxes = z.array(z.object({ taxability_reason: z.string().nullish() })).nullish();

/** What of an invoice says how it is taxed. Earlier versions call `total_taxes` `total_tax_amounts`. */
export const invoiceTaxShape = {
  automatic_tax: z.object({ enabled: z.boolean(), disabled_reason: z.string().nullish() }).nullish(),
  total_tax_amounts: taxes,
  customer_address: z.object({ country: z.string().nullish() }).nullish(),
  customer_tax_exempt: z.string().nullish(),
  customer_tax_ids: z.array(z.object({ type: z.string(), value: z.string().nullish() })).nullish(),
  last_finalization_error: z.object({ code: z.string().nullish(), type: z.string().nullish() }).nullish(),
};

export type InvoiceTax = {
  automaticTax: boolean;
  taxDisabledReason: string | null;
  /** Stripe's reason for the tax of its lines: of several, the one that says why there is none. */
  taxReason: string | null;
  customerCountry: string | null;
  customerTaxExempt: string | null;
  /** The numbers of the EU that it bears. */
  customerVatNumbers: string[];
  finalizationError: string | null;
};

type Raw = z.infer<z.ZodObject<typeof invoiceTaxShape>> & {
  status?: string | null;
  total_taxes?: z.infer<typeof taxes>;
};

/** How an invoice is taxed, and why it could not be finalised while it is a draft (stripe.md D19). */
export function readInvoiceTax(from: Raw): InvoiceTax {
  const reasons = (from.total_taxes ?? from.total_tax_amounts ?? []).flatMap(
    (tax) => tax.taxability_reason ?? [],
  );
  const error = from.status === 'draft' ? from.last_finalization_error : null;
  return {
    automaticTax: from.automatic_tax?.enabled ?? false,
    taxDisabledReason: from.automatic_tax?.disabled_reason ?? null,
    taxReason: reasons.find((reason) => reason !== 'standard_rated') ?? reasons[0] ?? null,
    customerCountry: from.customer_address?.country ?? null,
    customerTaxExempt: from.customer_tax_exempt ?? null,
    customerVatNumbers: (from.customer_tax_ids ?? []).flatMap(({ type, value }) =>
      type === 'eu_vat' && value ? [value] : [],
    ),
    finalizationError: error ? (error.code ?? error.type ?? 'unknown') : null,
  };
}
