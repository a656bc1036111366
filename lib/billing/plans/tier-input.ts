import { z } from 'zod';
import { centsInput, priceInput } from './price-input';

/** What a tier, add-on or package is called by machines. */
export const codeInput = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'lower-case letters, digits, - and _, no spaces');

const common = {
  name: z.string().trim().min(1).max(80),
  description: z.string().trim().max(500),
  isActive: z.boolean(),
  isPublic: z.boolean(),
  isSelfService: z.boolean(),
  displayOrder: z.number().int().min(0).max(10_000),
  trialDays: z.number().int().min(0).max(730).nullable(),
  stripeProductId: z
    .string()
    .trim()
    .regex(/^prod_\w+$/, 'a Stripe product id')
    .nullable(),
  /** In the platform's default currency; null takes the price away. */
  priceMonthlyCents: centsInput.nullable(),
  priceAnnualCents: centsInput.nullable(),
  /** All prices; what is not named is taken away. */
  prices: z.array(priceInput).max(40),
};

export const newTierInput = z
  .strictObject({ code: codeInput, ...common })
  .partial()
  .required({ code: true, name: true });
export const tierPatch = z.strictObject({ ...common, revision: z.number().int() }).partial();
export type NewTier = z.output<typeof newTierInput>;
export type TierPatch = z.output<typeof tierPatch>;
