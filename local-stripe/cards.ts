/**
 * Stripe's test cards and tokens, and what each of them does. https://docs.stripe.com/testing
 * Where the product's list differs from Stripe's (…3184 fails its authentication), the product's list wins.
 */
export interface Decline {
  code: string;
  decline_code?: string;
  /** What the network says and what it advises (stripe.md F14). */
  advice_code?: string;
  network_decline_code?: string;
  message: string;
}
export type CardBehavior =
  | { kind: 'pays' }
  | { kind: 'declines'; attach: boolean; decline: Decline }
  /** `once`: authentication at set-up is remembered, later off-session payments pass. */
  | { kind: 'authenticates'; once: boolean; fails: boolean };

const declined = (decline_code: string, message = 'Your card was declined.'): Decline => ({
  code: 'card_declined',
  decline_code,
  advice_code: 'try_again_later',
  network_decline_code: '01',
  message,
});
export const GENERIC_DECLINE = declined('generic_decline');

const BY_ENDING: Record<string, CardBehavior> = {
  '0002': { kind: 'declines', attach: false, decline: GENERIC_DECLINE },
  '9995': {
    kind: 'declines',
    attach: false,
    decline: declined('insufficient_funds', 'Your card has insufficient funds.'),
  },
  '9987': { kind: 'declines', attach: false, decline: declined('lost_card') },
  '9979': { kind: 'declines', attach: false, decline: declined('stolen_card') },
  '0069': {
    kind: 'declines',
    attach: false,
    decline: { code: 'expired_card', decline_code: 'expired_card', message: 'Your card has expired.' },
  },
  '0127': {
    kind: 'declines',
    attach: false,
    decline: {
      code: 'incorrect_cvc',
      decline_code: 'incorrect_cvc',
      message: "Your card's security code is incorrect.",
    },
  },
  '0119': {
    kind: 'declines',
    attach: false,
    decline: {
      code: 'processing_error',
      decline_code: 'processing_error',
      message: 'An error occurred while processing your card. Try again in a little bit.',
    },
  },
  // 0341 attaches, and each charge after that fails.
  '0341': { kind: 'declines', attach: true, decline: GENERIC_DECLINE },
  '3155': { kind: 'authenticates', once: true, fails: false },
  '3184': { kind: 'authenticates', once: false, fails: true },
  '3220': { kind: 'authenticates', once: false, fails: false },
};

export function cardBehavior(number: string): CardBehavior {
  return BY_ENDING[number.slice(-4)] ?? { kind: 'pays' };
}

const CARDS = {
  visa: '4242424242424242',
  visa_debit: '4000056655665556',
  mastercard: '5555555555554444',
  amex: '378282246310005',
  chargeDeclined: '4000000000000002',
  chargeDeclinedInsufficientFunds: '4000000000009995',
  chargeDeclinedLostCard: '4000000000009987',
  chargeDeclinedStolenCard: '4000000000009979',
  chargeDeclinedExpiredCard: '4000000000000069',
  chargeDeclinedIncorrectCvc: '4000000000000127',
  chargeDeclinedProcessingError: '4000000000000119',
  chargeCustomerFail: '4000000000000341',
  authenticationRequired: '4000000000003220',
  authenticationRequiredOnSetup: '4000002500003155',
  threeDSecure2Required: '4000000000003220',
  threeDSecureFails: '4000002760003184',
} as const;

/** `pm_card_visa`, `tok_visa`, … → a card number. Aliases: `pm_card_visa_chargeDeclined` is written both ways. */
export function numberOfToken(token: string): string | null {
  const name = token.replace(/^pm_card_(visa_(?=charge))?/, '').replace(/^tok_(visa_(?=charge))?/, '');
  if (name === token) return null;
  return (CARDS as Record<string, string>)[name] ?? null;
}

export function brandOf(number: string): string {
  if (/^3[47]/.test(number)) return 'amex';
  if (/^(5[1-5]|2[2-7])/.test(number)) return 'mastercard';
  return 'visa';
}

/** Luhn, and a length a card can have. */
export function isCardNumber(number: string): boolean {
  if (!/^\d{13,19}$/.test(number)) return false;
  let sum = 0;
  for (let i = 0; i < number.length; i += 1) {
    let digit = Number(number[number.length - 1 - i]);
    if (i % 2 === 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}
