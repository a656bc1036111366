import Stripe from 'stripe';
import { refusal } from '@/lib/errors';

/** Seconds that a signature stays good. It is the signature's own time: Stripe re-signs each retry (stripe.md 3, 5). */
const TOLERANCE_S = 300;
/** 400: the signature is missing, wrong or too old. `why` is the SDK's own sentence. */
export const InvalidSignature = refusal('invalid', 'invalid_signature', (why: string) => ({ why }));

// Null only in the SDK's types: a null must never mean verified.
const { signature } = Stripe.webhooks;

/**
 * Checks `Stripe-Signature` over the raw bytes, by the SDK: any `v1` of any of our secrets (two while one is rolled), `v0`
 * never (stripe.md 4, 5).
 * @throws InvalidSignature
 */
export function verifySignature(body: string, header: string | null, secrets: string[], realNow: Date): void {
  if (!signature) throw new Error('the SDK has no signature check');
  let why = 'no secret';
  for (const secret of secrets) {
    try {
      signature.verifyHeader(body, header ?? '', secret, TOLERANCE_S, undefined, realNow.getTime());
      return;
    } catch (error) {
      // Also a RangeError, for a v1 of letters that are not ASCII (stripe.md 5).
      why = error instanceof Error ? error.message : String(error);
    }
  }
  throw new InvalidSignature(why);
}
