import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { id, instant, ref, writtenAt } from './columns';
import { actorKinds } from './operations';
import { invoices } from './subscriptions';
import { merchants } from './tenancy';

/**
 * What VIES said of a number, each time it said yes or no: what an auditor asks for. Rows are only added (a trigger refuses
 * to change one).
 */
export const vatProofs = pgTable(
  'vat_proofs',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    number: text().notNull(),
    verdict: text({ enum: ['valid', 'invalid'] }).notNull(),
    /** What VIES gives to who names his own number: it proves that we asked. */
    consultationNumber: text(),
    name: text(),
    address: text(),
    raw: jsonb().$type<Record<string, unknown>>().notNull(),
    /** Business time of the answer. */
    at: instant().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [index('vat_proofs_number').on(t.merchantId, t.number, t.at)],
);

/** What a person decided about an invoice that went out without VAT (`invoices.vat_issue`). */
export const vatDecisions = pgTable('vat_decisions', {
  invoiceId: text()
    .primaryKey()
    .references(() => invoices.id),
  /** `reissuing`: claimed by who makes it again, and not done yet. */
  decision: text({ enum: ['accepted', 'reissuing', 'reissued'] }).notNull(),
  reason: text().notNull(),
  creditNoteId: text(),
  /** Stripe's id of the invoice that took its place. */
  reissuedAs: text(),
  actorKind: text({ enum: actorKinds }).notNull(),
  actorId: text().notNull(),
  at: instant().notNull(),
  createdAt: writtenAt(),
});
