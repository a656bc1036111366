import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { customers, merchants } from '@/db/schema';
import type { Ignored } from '@/lib/billing/mirror/mirror';
import { invalid } from '@/lib/errors';

/** What of a delivered event we rely on. Its object is read by the mirrors. */
export const eventShape = z
  .object({
    id: z.string().min(1),
    object: z.string().optional(),
    type: z.string(),
    created: z
      .union([z.number(), z.string()])
      .refine((at) => !Number.isNaN(instantOf(at).getTime()), 'is not a time'),
    livemode: z.boolean().optional(),
    account: z.string().nullish(),
    api_version: z.string().nullish(),
    data: z
      .object({
        object: z.record(z.string(), z.unknown()),
        previous_attributes: z.record(z.string(), z.unknown()).optional(),
      })
      .optional(),
  })
  .loose();

export type StripeEvent = z.infer<typeof eventShape>;

/**
 * Reads a delivered body as an event. @throws ValidationFailed when it is none
 */
export function parseEvent(body: string): StripeEvent {
  let raw: unknown;
  try {
    // A JSON column holds no NUL.
    raw = JSON.parse(body.includes('\\u0000') ? body.replaceAll('\\u0000', '\\ufffd') : body);
  } catch {
    throw invalid('body', 'json', 'is not JSON');
  }
  const result = eventShape.safeParse(raw);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw invalid(issue?.path.join('.') || 'body', 'event', issue?.message ?? 'is not a Stripe event');
  }
  return result.data;
}

/** Not ours at all: another mode, a connected account, a thin event (stripe.md 9, 11). */
export function reasonToIgnore(event: StripeEvent, livemode: boolean): Ignored | null {
  if (event.object === 'v2.core.event' || !event.data) return { code: 'thin_event' };
  if (event.account) return { code: 'connected_account' };
  if ((event.livemode ?? false) !== livemode)
    return { code: 'other_livemode', details: { livemode: event.livemode ?? false } };
  return null;
}

/** When Stripe made it, by its clock; thin events write it as text (stripe.md 11). */
export const createdAt = (event: StripeEvent): Date => instantOf(event.created);

function instantOf(at: number | string): Date {
  return new Date(typeof at === 'number' ? at * 1000 : at);
}

/** The event as its inbox row keeps it, without what became of it. */
export function rowOf(event: StripeEvent) {
  const object = event.data?.object;
  // A detached payment method has no customer any more: whose it was stands in previous_attributes (stripe.md 34).
  const customer =
    object?.object === 'customer'
      ? object.id
      : (object?.customer ?? event.data?.previous_attributes?.customer);
  return {
    id: event.id,
    type: event.type,
    objectId: typeof object?.id === 'string' ? object.id : null,
    stripeCustomerId: typeof customer === 'string' ? customer : null,
    apiVersion: event.api_version ?? null,
    payload: event as Record<string, unknown>,
    createdAt: createdAt(event),
  };
}

/**
 * Whose an event is by what it says itself, for one that was not applied: its customer's, else the merchant that our marks
 * on the object name. It is part of the statement that writes the row; an applied event's merchant is told by its mirror.
 */
export function whoseIs(event: StripeEvent): SQL<string | null> {
  const { stripeCustomerId } = rowOf(event);
  const marks = event.data?.object.metadata;
  const named = marks && typeof marks === 'object' && 'merchant' in marks ? marks.merchant : null;
  return sql`coalesce(
    (select ${customers.merchantId} from ${customers} where ${customers.stripeCustomerId} = ${stripeCustomerId}),
    (select ${merchants.id} from ${merchants} where ${merchants.id} = ${typeof named === 'string' ? named : null}))`;
}
