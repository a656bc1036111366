import { z } from 'zod';
import type { Feature } from '@/lib/billing/features';
import { centsInput } from '@/lib/billing/plans/price-input';
import { codeInput } from '@/lib/billing/plans/tier-input';
import { type FieldProblem, ValidationFailed } from '@/lib/errors';
import { decimalsOf, priceProblem } from '@/lib/money';

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

export type ExtraInput = AddOnInput | CreditPackageInput;

/** The price has to be one in its currency, and what is added counted features, each once. @throws ValidationFailed */
export function checkExtra(input: ExtraInput, features: readonly Feature[]): void {
  const problems = 'features' in input ? checkAdds(input, features) : [];
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

function checkAdds(input: AddOnInput, features: readonly Feature[]): FieldProblem[] {
  return input.features.flatMap((row, i) => {
    const feature = features.find((one) => one.code === row.featureCode);
    const path = `features[${i}].featureCode`;
    if (!feature || feature.kind === 'flag')
      return [{ path, rule: 'unknown_feature', message: 'is not a counted feature' }];
    if (input.features.findIndex((one) => one.featureCode === row.featureCode) < i)
      return [{ path, rule: 'repeated', message: 'is named twice' }];
    return [];
  });
}
