const known = [
  'insufficient_funds',
  'expired_card',
  'incorrect_cvc',
  'authentication_required',
  'processing_error',
] as const;

export type FailureWord = (typeof known)[number] | 'card_declined' | 'unknown';

/**
 * Which plain words explain a failed payment: Stripe's decline code where it is one we can give advice on, else "declined".
 * Codes: docs.stripe.com/declines/codes. Deliberately vague for the rest (a stolen card is not told so).
 */
export function failureWord(code: string | null): FailureWord {
  if (!code) return 'unknown';
  const match = known.find((word) => word === code);
  if (match) return match;
  if (code === 'payment_intent_authentication_failure' || code.includes('authentication'))
    return 'authentication_required';
  return 'card_declined';
}
