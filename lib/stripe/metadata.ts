import { z } from 'zod';

/** What Tierline writes on its Stripe objects, so that any event says whose it is. */
export type Marks = {
  merchant: string;
  platform: string;
  store?: string;
  tier?: string;
  kind: 'plan' | 'add_on' | 'credits';
  /** Add-on or package code. */
  code?: string;
  domain?: string;
  /** How many a package gave when it was bought: an edit of the package later changes no purchase. */
  credits?: string;
};

const shape = z.object({
  merchant: z.string().min(1),
  platform: z.string().min(1),
  store: z.string().optional(),
  tier: z.string().optional(),
  kind: z.enum(['plan', 'add_on', 'credits']),
  code: z.string().optional(),
  domain: z.string().optional(),
  credits: z.string().regex(/^\d+$/).optional(),
});

/** As Stripe takes it: flat strings, nothing undefined. */
export function writeMarks(marks: Marks): Record<string, string> {
  return Object.fromEntries(
    Object.entries(marks).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Reads them back; null when the object bears none of ours or they are incomplete. */
export function readMarks(metadata: Record<string, string> | null | undefined): Marks | null {
  const result = shape.safeParse(metadata ?? {});
  return result.success ? result.data : null;
}
