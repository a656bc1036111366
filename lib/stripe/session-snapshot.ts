import { z } from 'zod';
import { readMarks } from './metadata';
import { metadata, reference } from './shapes';

const sessionShape = z.object({
  id: z.string(),
  mode: z.string(),
  status: z.string().nullish(),
  payment_status: z.string(),
  customer: reference.nullish(),
  subscription: reference.nullish(),
  payment_intent: reference.nullish(),
  invoice: reference.nullish(),
  client_reference_id: z.string().nullish(),
  metadata,
  amount_total: z.number().nullish(),
  currency: z.string().nullish(),
});

export type SessionSnapshot = ReturnType<typeof readSession>;

/** Reads a Checkout session. `paid` = money came or none was needed (stripe.md 31). */
export function readSession(raw: unknown) {
  const from = sessionShape.parse(raw);
  return {
    id: from.id,
    mode: from.mode,
    status: from.status ?? 'open',
    paid: from.payment_status === 'paid' || from.payment_status === 'no_payment_required',
    customerId: from.customer ?? null,
    subscriptionId: from.subscription ?? null,
    paymentIntentId: from.payment_intent ?? null,
    invoiceId: from.invoice ?? null,
    marks: readMarks(from.metadata),
  };
}
