import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from '@/db/client';
import { checkoutSessions } from '@/db/schema';
import { EditConflict } from '@/lib/billing/errors';
import { DomainError, type FieldProblem, ValidationFailed } from '@/lib/errors';
import { decimalsOf, priceProblem, writePrice } from '@/lib/money';
import { codeInput } from './tier-input';
import { centsInput } from './tier-prices';

/*
 * What add-ons and credit packages share: their input, its checks, what the audit trail shows. The verbs are in
 * `add-on-edit.ts` and `credit-package-edit.ts`.
 */
const common = {
  code: codeInput,
  name: z.string().trim().min(1).max(80),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'a three-letter currency code'),
  unitAmount: centsInput,
  isActive: z.boolean().default(true),
  displayOrder: z.number().int().min(0).max(10_000).default(0),
  revision: z.number().int().optional(),
};

export const addOnInput = z.strictObject({
  ...common,
  description: z.string().trim().max(500).default(''),
  category: z.enum(['domain', 'ssl', 'email', 'other']),
  interval: z.enum(['month', 'year']),
  features: z
    .array(z.strictObject({ featureCode: z.string(), amount: z.number().int().min(1).max(1_000_000) }))
    .default([]),
});
export const creditPackageInput = z.strictObject({
  ...common,
  credits: z.number().int().min(1).max(10_000_000),
});
export type AddOnInput = z.output<typeof addOnInput>;
export type CreditPackageInput = z.output<typeof creditPackageInput>;

/** 409: the platform has one of that code. */
export class CodeTaken extends DomainError {
  constructor(taken: string) {
    super('conflict', 'code_taken', { field: 'code', code: taken });
  }
}

/** 409: it was bought, or is being bought: it can only be made inactive. */
export class InUse extends DomainError {
  constructor(what: string) {
    super('conflict', 'in_use', { code: what });
  }
}

type Priced = { currency: string; unitAmount: number };

/** The price has to be one in its currency; with the problems found before. @throws ValidationFailed */
export function checkPriced(input: Priced, before: FieldProblem[]): void {
  const problems = [...before];
  const rule = priceProblem(input.unitAmount, input.currency);
  if (decimalsOf(input.currency) === null)
    problems.push({
      path: 'currency',
      rule: 'unknown_currency',
      message: 'is not a currency that can be charged',
    });
  else if (rule) problems.push({ path: 'unitAmount', rule, message: `is no price in ${input.currency}` });
  if (problems.length > 0) throw new ValidationFailed(problems);
}

/**
 * A change of what is there has to know it as it is, and leaves its code: sales, lookup keys and the API go by it.
 * @throws EditConflict, ValidationFailed
 */
export function refuseStale(
  before: { revision: number; code: string } | undefined,
  input: { revision?: number; code: string },
): void {
  if (!before) return;
  if (input.revision !== undefined && input.revision !== before.revision)
    throw new EditConflict(before.revision);
  if (input.code !== before.code)
    throw new ValidationFailed([{ path: 'code', rule: 'unchangeable', message: 'cannot be changed' }]);
}

/** Whether somebody has a checkout open for it; a choice begins with the code. */
export async function isBeingBought(
  tx: Tx,
  kind: 'add_on' | 'credits',
  row: { platformId: string; code: string },
): Promise<boolean> {
  const [open] = await tx
    .select({ id: checkoutSessions.id })
    .from(checkoutSessions)
    .where(
      and(
        eq(checkoutSessions.platformId, row.platformId),
        eq(checkoutSessions.status, 'open'),
        eq(checkoutSessions.kind, kind),
        sql`split_part(${checkoutSessions.choice}, ':', 1) = ${row.code}`,
      ),
    )
    .limit(1);
  return open !== undefined;
}

type Row = {
  code: string;
  name: string;
  description?: string;
  category?: string;
  interval?: 'month' | 'year';
  currency: string;
  unitAmount: number;
  isActive: boolean;
  displayOrder: number;
};

/** What the audit trail shows of one, `gives` being what only its kind has. */
export function extraFacts(
  platform: string,
  row: Row,
  gives: Record<string, unknown>,
): Record<string, unknown> {
  const { code, name, description, category, interval, currency, unitAmount, isActive, displayOrder } = row;
  const price = `${writePrice(unitAmount, currency)} ${currency}${interval ? ` / ${interval}` : ''}`;
  return { code, platform, name, description, category, price, isActive, displayOrder, ...gives };
}
